// CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and TensorBoard's event files; RFC 3720, appendix B.4.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Continues the checksum `crc` (0 at the start) over `size` bytes. Uses the CPU's crc32 instruction where it has one.
uint32_t ck_crc32c(uint32_t crc, const void *data, size_t size);

// The same by tables alone, for other CPUs; visible so that tests can compare the two.
uint32_t ck_crc32c_portable(uint32_t crc, const void *data, size_t size);
