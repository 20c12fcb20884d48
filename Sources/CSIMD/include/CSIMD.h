#ifndef RLGYM_CSIMD_H
#define RLGYM_CSIMD_H

// What Swift's SIMD types spell as loops or calls, as single operations.

#include "Backup.h"
#include "Blocks.h"
#include "Lanes.h"
#include "Product.h"

#endif
