// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#define CAIRN_NN_VARIANT kAvx512Kernels
#define CAIRN_NN_VARIANT_NAME "avx512"
#include "cairn/nn/vector_kernels_impl.h"
