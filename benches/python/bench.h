/* The functions that are called, as every implementation sees them: compilers include this file, ffi.cdef() parses it.
   So it has no directives but constants; size_t, bool, wchar_t and char16_t are declared by who includes it. */

#define LIMIT 17

enum color { RED, GREEN, BLUE };
struct point { int x, y; };
struct vec { double x, y; };
struct box { double left, top, right, bottom; };
struct operations { int (*add)(int a, int b); };
typedef struct {
    short tag;
    struct point at;
    double weight;
    unsigned flags : 3;
    int rest : 20;
    enum color color;
    char name[16];
    int numbers[4];
    struct point *link;
} item_t;

extern int total;
extern struct point origin;
extern struct operations operations;

int noargs(void);
void nothing(void);
int add(int a, int b);
double fma3(double a, double b, double c);
long six(long a, long b, long c, long d, long e, long f);
long long twice(long long n);
unsigned char next_byte(unsigned char byte);
float halve(float x);
bool negate(bool b);
enum color next_color(enum color c);

struct point make_point(int x, int y);
struct box make_box(double side);
int dot(struct point a, struct point b);
double dot_vec(struct vec a, struct vec b);
double area(struct box b);
int norm(const struct point *p);

size_t length(const char *s);
size_t length_wide(const wchar_t *s);
size_t length_16(const char16_t *s);
const char *greeting(void);
int first(const int *numbers);
int *forward(int *p);
void *forward_void(void *p);
int sum_variadic(int count, ...);

int apply(int (*function)(int), int argument);
void apply_void(void (*function)(int), int argument);
double apply_four(double (*function)(double, double, double, double), double x);
int apply_point(int (*function)(struct point *), struct point *p);

/* Calls the function so many times from a thread that Python does not know, waits for it, and returns the sum of the results. */
int apply_in_thread(int (*function)(int), int count);

/* The function `add`, found at run time. */
int (*find_add(void))(int, int);
