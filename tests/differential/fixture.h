/* The C side of the snippets. This file is both what fixture.c defines and, as it stands, what
   the snippets' `ffi.cdef()` declares: no preprocessor but for constants. */

#define MACRO 77
static const int CONSTANT = 5;

enum E { EA, EB, EC = 7 };
enum negative { NA = -1, NB, NC = 7, NC_AGAIN = 7 };
enum large { LA = 0x7fffffffffffffff, LB = 1 };
typedef enum { TA, TB = 5 } named_enum;

struct opaque;
union opaque_union;
typedef struct opaque opaque_t;
typedef int my_int;
typedef unsigned char byte;
typedef int five_ints[5];
typedef int (*function_t)(int);
typedef int plain_function_t(int, char *);
typedef int (*variadic_t)(int, ...);
typedef int (*three_ints_p)[3];
typedef struct { int z; } unnamed_struct;
typedef union { int a1; char b1; } unnamed_union;

struct S { int a; short b; double c; char d[4]; };
struct one { long x; };
union U { int i; double d; char c[5]; unsigned char u; };
struct nested { struct S s; int *p; struct one several[2]; };
struct empty { };
struct flexible { int n; int items[]; };
struct flexible_chars { int n; char s[]; };
struct flexible_structs { short n; struct one items[]; };
struct anonymous { int x; union { int u1; float u2; struct { char q; char r; }; }; int y; };
struct bits {
    int a:3; unsigned int b:5; int :2; unsigned char c:1;
    long long d:40; unsigned long long e:64; int f:32; _Bool g:1;
};
struct arrays {
    int a[3]; char s[5]; wchar_t w[4]; int m[2][3]; struct one ss[2]; int *pp[2]; _Bool bb[2];
    float ff[2]; double _Complex cc[2]; char16_t c16[3]; unsigned char uu[4]; function_t fa[2];
};
struct every {
    char c; signed char sc; unsigned char uc; short h; unsigned short uh; int i; unsigned int ui;
    long l; unsigned long ul; long long q; unsigned long long uq; _Bool b;
    wchar_t w; char16_t c16; char32_t c32; float f; double d; long double ld;
    float _Complex fc; double _Complex dc; enum E e; enum negative en; enum large el;
    int *pi; char *pc; void *pv; struct S *ps; struct opaque *po; function_t fn; three_ints_p pa;
    struct S s; union U u;
};

/* Each type by value, in a global variable, and through a callback. */

char id_char(char);
extern char global_char;
char call_char(char (*)(char), char);

signed char id_signed_char(signed char);
extern signed char global_signed_char;
signed char call_signed_char(signed char (*)(signed char), signed char);

unsigned char id_unsigned_char(unsigned char);
extern unsigned char global_unsigned_char;
unsigned char call_unsigned_char(unsigned char (*)(unsigned char), unsigned char);

short id_short(short);
extern short global_short;
short call_short(short (*)(short), short);

unsigned short id_unsigned_short(unsigned short);
extern unsigned short global_unsigned_short;
unsigned short call_unsigned_short(unsigned short (*)(unsigned short), unsigned short);

int id_int(int);
extern int global_int;
int call_int(int (*)(int), int);

unsigned int id_unsigned_int(unsigned int);
extern unsigned int global_unsigned_int;
unsigned int call_unsigned_int(unsigned int (*)(unsigned int), unsigned int);

long id_long(long);
extern long global_long;
long call_long(long (*)(long), long);

unsigned long id_unsigned_long(unsigned long);
extern unsigned long global_unsigned_long;
unsigned long call_unsigned_long(unsigned long (*)(unsigned long), unsigned long);

long long id_long_long(long long);
extern long long global_long_long;
long long call_long_long(long long (*)(long long), long long);

unsigned long long id_unsigned_long_long(unsigned long long);
extern unsigned long long global_unsigned_long_long;
unsigned long long call_unsigned_long_long(unsigned long long (*)(unsigned long long), unsigned long long);

int8_t id_int8_t(int8_t);
extern int8_t global_int8_t;
int8_t call_int8_t(int8_t (*)(int8_t), int8_t);

uint64_t id_uint64_t(uint64_t);
extern uint64_t global_uint64_t;
uint64_t call_uint64_t(uint64_t (*)(uint64_t), uint64_t);

ssize_t id_ssize_t(ssize_t);
extern ssize_t global_ssize_t;
ssize_t call_ssize_t(ssize_t (*)(ssize_t), ssize_t);

_Bool id_bool(_Bool);
extern _Bool global_bool;
_Bool call_bool(_Bool (*)(_Bool), _Bool);

wchar_t id_wchar_t(wchar_t);
extern wchar_t global_wchar_t;
wchar_t call_wchar_t(wchar_t (*)(wchar_t), wchar_t);

char16_t id_char16_t(char16_t);
extern char16_t global_char16_t;
char16_t call_char16_t(char16_t (*)(char16_t), char16_t);

char32_t id_char32_t(char32_t);
extern char32_t global_char32_t;
char32_t call_char32_t(char32_t (*)(char32_t), char32_t);

float id_float(float);
extern float global_float;
float call_float(float (*)(float), float);

double id_double(double);
extern double global_double;
double call_double(double (*)(double), double);

long double id_long_double(long double);
extern long double global_long_double;
long double call_long_double(long double (*)(long double), long double);

float _Complex id_float_complex(float _Complex);
extern float _Complex global_float_complex;
float _Complex call_float_complex(float _Complex (*)(float _Complex), float _Complex);

double _Complex id_double_complex(double _Complex);
extern double _Complex global_double_complex;
double _Complex call_double_complex(double _Complex (*)(double _Complex), double _Complex);

enum E id_enum_E(enum E);
extern enum E global_enum_E;
enum E call_enum_E(enum E (*)(enum E), enum E);

enum negative id_enum_negative(enum negative);
extern enum negative global_enum_negative;
enum negative call_enum_negative(enum negative (*)(enum negative), enum negative);

enum large id_enum_large(enum large);
extern enum large global_enum_large;
enum large call_enum_large(enum large (*)(enum large), enum large);

int *id_int_p(int *);
extern int *global_int_p;
int *call_int_p(int *(*)(int *), int *);

char *id_char_p(char *);
extern char *global_char_p;
char *call_char_p(char *(*)(char *), char *);

const char *id_const_char_p(const char *);
extern const char *global_const_char_p;
const char *call_const_char_p(const char *(*)(const char *), const char *);

void *id_void_p(void *);
extern void *global_void_p;
void *call_void_p(void *(*)(void *), void *);

signed char *id_signed_char_p(signed char *);
extern signed char *global_signed_char_p;
signed char *call_signed_char_p(signed char *(*)(signed char *), signed char *);

unsigned char *id_unsigned_char_p(unsigned char *);
extern unsigned char *global_unsigned_char_p;
unsigned char *call_unsigned_char_p(unsigned char *(*)(unsigned char *), unsigned char *);

_Bool *id_bool_p(_Bool *);
extern _Bool *global_bool_p;
_Bool *call_bool_p(_Bool *(*)(_Bool *), _Bool *);

wchar_t *id_wchar_t_p(wchar_t *);
extern wchar_t *global_wchar_t_p;
wchar_t *call_wchar_t_p(wchar_t *(*)(wchar_t *), wchar_t *);

char16_t *id_char16_t_p(char16_t *);
extern char16_t *global_char16_t_p;
char16_t *call_char16_t_p(char16_t *(*)(char16_t *), char16_t *);

double *id_double_p(double *);
extern double *global_double_p;
double *call_double_p(double *(*)(double *), double *);

struct S *id_struct_S_p(struct S *);
extern struct S *global_struct_S_p;
struct S *call_struct_S_p(struct S *(*)(struct S *), struct S *);

union U *id_union_U_p(union U *);
extern union U *global_union_U_p;
union U *call_union_U_p(union U *(*)(union U *), union U *);

struct opaque *id_opaque_p(struct opaque *);
extern struct opaque *global_opaque_p;
struct opaque *call_opaque_p(struct opaque *(*)(struct opaque *), struct opaque *);

int **id_int_pp(int **);
extern int **global_int_pp;
int **call_int_pp(int **(*)(int **), int **);

char **id_char_pp(char **);
extern char **global_char_pp;
char **call_char_pp(char **(*)(char **), char **);

function_t id_function(function_t);
extern function_t global_function;
function_t call_function(function_t (*)(function_t), function_t);

three_ints_p id_array_p(three_ints_p);
extern three_ints_p global_array_p;
three_ints_p call_array_p(three_ints_p (*)(three_ints_p), three_ints_p);

struct S id_struct_S(struct S);
extern struct S global_struct_S;
struct S call_struct_S(struct S (*)(struct S), struct S);

struct one id_struct_one(struct one);
extern struct one global_struct_one;
struct one call_struct_one(struct one (*)(struct one), struct one);

struct nested id_struct_nested(struct nested);
extern struct nested global_struct_nested;
struct nested call_struct_nested(struct nested (*)(struct nested), struct nested);

union U id_union_U(union U);
extern union U global_union_U;
union U call_union_U(union U (*)(union U), union U);

struct bits id_struct_bits(struct bits);
extern struct bits global_struct_bits;
struct bits call_struct_bits(struct bits (*)(struct bits), struct bits);

/* Functions of other shapes. */

void do_nothing(void);
int no_arguments(void);
int add_three(int, int, int);
int set_errno(int);
int get_errno(void);
int sum_of(int count, ...);
long sum_array(int *, int count);
int first_char(char *);
int sum_bytes(unsigned char *, int count);
void call_void(void (*)(void));
int call_three(int (*)(int, double, char *), int, double, char *);
int snprintf(char *, size_t, const char *, ...);

/* Other variables. */

extern int array[4];
extern int unsized_array[];
extern const int constant;
extern char text[10];
extern const char *name;
extern struct S record;
extern union U variant;
extern struct opaque *opaque_pointer;
extern int (*function_pointer)(int);

/* Declared, and in no library. */

int missing_function(int);
extern int missing_variable;
