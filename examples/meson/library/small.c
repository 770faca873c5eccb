#include "small.h"

void fletcher16_start(fletcher16_t *sum)
{
    sum->first = sum->second = 0;
}

void fletcher16_add(fletcher16_t *sum, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum->first = (uint16_t)((sum->first + data[i]) % 255);
        sum->second = (uint16_t)((sum->second + sum->first) % 255);
    }
}

uint16_t fletcher16_value(const fletcher16_t *sum)
{
    return (uint16_t)(sum->second << 8 | sum->first);
}

uint16_t crc16(uint16_t crc, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ data[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}
