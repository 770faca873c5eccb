typedef struct { ...; } fletcher16_t;

void fletcher16_start(fletcher16_t *sum);
void fletcher16_add(fletcher16_t *sum, const unsigned char *data, size_t size);
uint16_t fletcher16_value(const fletcher16_t *sum);

uint16_t crc16(uint16_t crc, const unsigned char *data, size_t size);
