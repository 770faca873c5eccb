/* Checksums of 16 bits, for data that comes in pieces. */

#ifndef SMALL_H
#define SMALL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint16_t first, second;
} fletcher16_t;

void fletcher16_start(fletcher16_t *sum);
void fletcher16_add(fletcher16_t *sum, const unsigned char *data, size_t size);
uint16_t fletcher16_value(const fletcher16_t *sum);

/* The polynomial of the CCITT, x^16 + x^12 + x^5 + 1. `crc` is 0xFFFF at first, then what the call before returned. */
uint16_t crc16(uint16_t crc, const unsigned char *data, size_t size);

#endif
