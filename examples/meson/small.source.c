#include "small.h"
