// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#define CAIRN_NN_VARIANT kPortableKernels
#define CAIRN_NN_VARIANT_NAME "portable"
#include "cairn/nn/vector_kernels_impl.h"
