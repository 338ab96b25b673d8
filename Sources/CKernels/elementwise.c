#include "loops.h"

CK_CLONES void ck_fill(float *x, long count, float value) {
    for (long i = 0; i < count; i++) x[i] = value;
}

CK_CLONES void ck_add(float *restrict destination, const float *restrict source, long count) {
    for (long i = 0; i < count; i++) destination[i] += source[i];
}

CK_CLONES void ck_add_rounded(float *restrict destination, const float *restrict source, long count) {
    for (long i = 0; i < count; i++)
        destination[i] = ck_widened(ck_rounded(destination[i])) + ck_widened(ck_rounded(source[i]));
}

CK_CLONES void ck_sum_of_three(float *restrict y, const float *a, const float *b, const float *c, long count) {
    for (long i = 0; i < count; i++) y[i] = a[i] + b[i] + c[i];
}

CK_CLONES void ck_fill_rows(float *restrict y, const float *restrict row, long rows, long columns) {
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < columns; c++) y[r * columns + c] = row[c];
}

CK_CLONES void ck_add_column_sums(float *restrict sums, const float *restrict x, long stride, long rows, long columns) {
    // Strips of columns whose sums stay in registers; within a column, rows are added in order.
    enum { strip = 64 };
    long c = 0;
    for (; c + strip <= columns; c += strip) {
        float partial[strip];
        for (int j = 0; j < strip; j++) partial[j] = sums[c + j];
        for (long r = 0; r < rows; r++)
            for (int j = 0; j < strip; j++) partial[j] += x[r * stride + c + j];
        for (int j = 0; j < strip; j++) sums[c + j] = partial[j];
    }
    for (long r = 0; r < rows; r++)
        for (long rest = c; rest < columns; rest++) sums[rest] += x[r * stride + rest];
}

CK_CLONES double ck_sum_of_squares(const float *x, long count) {
    CK_VECTOR_SUMS
    double sum = 0;
    CK_FOUR_VECTORS
    for (long i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

// Adds up in integers, which the compiler may do in any order: an exponent of ones is infinity or NaN.
CK_CLONES long ck_count_not_finite(const float *x, long count) {
    long found = 0;
    for (long i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        found += (bits & 0x7F800000) == 0x7F800000;
    }
    return found;
}
