// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "cairn/compute/checks.h"

namespace cairn::compute {
namespace {

// The tile of a transpose: its rows and columns fit in the first cache.
constexpr int64_t kTile = 32;

// Leaves out dimensions of 1, sorts so that writing runs on, and joins
// dimensions that both sides walk over in one go.
std::vector<CopyDim> Simplify(std::vector<CopyDim> dims) {
  std::erase_if(dims, [](const CopyDim& d) { return d.size == 1; });
  std::ranges::stable_sort(dims, [](const CopyDim& a, const CopyDim& b) {
    return std::abs(a.to) > std::abs(b.to);
  });
  std::vector<CopyDim> out;
  for (const CopyDim& d : dims) {
    if (!out.empty() && out.back().from == d.from * d.size &&
        out.back().to == d.to * d.size) {
      out.back() = {out.back().size * d.size, d.from, d.to};
    } else {
      out.push_back(d);
    }
  }
  if (out.empty()) out.push_back({1, 1, 1});
  return out;
}

template <typename T>
void CopyRow(const T* from, T* to, const CopyDim& dim) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    if (dim.from == 1 && dim.to == 1) {
      std::memcpy(to, from, static_cast<size_t>(dim.size) * sizeof(T));
      return;
    }
    if (dim.to == 1 && dim.from == 0) {
      std::fill_n(to, dim.size, *from);
      return;
    }
  }
  for (int64_t i = 0; i < dim.size; ++i) to[i * dim.to] = from[i * dim.from];
}

// The two innermost dimensions; in tiles if reading runs along the other one.
template <typename T>
void CopyPlane(const T* from, T* to, const CopyDim& outer,
               const CopyDim& inner) {
  if (std::abs(outer.from) >= std::abs(inner.from) || inner.from == 0 ||
      outer.from == 0) {
    for (int64_t i = 0; i < outer.size; ++i) {
      CopyRow(from + i * outer.from, to + i * outer.to, inner);
    }
    return;
  }
  for (int64_t i = 0; i < outer.size; i += kTile) {
    for (int64_t j = 0; j < inner.size; j += kTile) {
      const int64_t last = std::min(outer.size, i + kTile);
      const CopyDim run = {std::min(kTile, inner.size - j), inner.from,
                           inner.to};
      for (int64_t k = i; k < last; ++k) {
        CopyRow(from + k * outer.from + j * inner.from,
                to + k * outer.to + j * inner.to, run);
      }
    }
  }
}

template <typename T>
void Copy(Context& context, const T* from, T* to,
          const std::vector<CopyDim>& dims) {
  if (dims.size() == 1) {
    const CopyDim dim = dims[0];
    context.ParallelFor(dim.size, 1, [&](int64_t begin, int64_t end) {
      CopyRow(from + begin * dim.from, to + begin * dim.to,
              {end - begin, dim.from, dim.to});
    });
    return;
  }
  const CopyDim inner = dims.back();
  const CopyDim middle = dims[dims.size() - 2];
  const size_t outer = dims.size() - 2;
  int64_t planes = 1;
  for (size_t d = 0; d < outer; ++d) planes *= dims[d].size;
  const auto plane = [&](int64_t p, int64_t begin, int64_t end) {
    int64_t from_at = begin * middle.from;
    int64_t to_at = begin * middle.to;
    for (size_t d = outer; d-- > 0; p /= dims[d].size) {
      from_at += p % dims[d].size * dims[d].from;
      to_at += p % dims[d].size * dims[d].to;
    }
    CopyPlane(from + from_at, to + to_at, {end - begin, middle.from, middle.to},
              inner);
  };
  if (planes == 1) {
    context.ParallelFor(
        middle.size, inner.size,
        [&](int64_t begin, int64_t end) { plane(0, begin, end); });
    return;
  }
  context.ParallelFor(planes, middle.size * inner.size,
                      [&](int64_t begin, int64_t end) {
                        for (int64_t p = begin; p < end; ++p) {
                          plane(p, 0, middle.size);
                        }
                      });
}

struct Sixteen {
  uint64_t a, b;
};

}  // namespace

void CopyStrided(Context& context, const TensorView& from, int64_t from_offset,
                 Tensor& to, int64_t to_offset, std::vector<CopyDim> dims) {
  for (const CopyDim& dim : dims) {
    if (dim.size == 0) return;
  }
  dims = Simplify(std::move(dims));
  if (from.holds_strings()) {
    Copy(context, from.strings().data() + from_offset,
         to.strings().data() + to_offset, dims);
    return;
  }
  const auto copy = [&]<typename T>(T) {
    Copy(context, reinterpret_cast<const T*>(from.bytes().data()) + from_offset,
         reinterpret_cast<T*>(to.mutable_bytes().data()) + to_offset, dims);
  };
  switch (DataTypeSize(from.dtype())) {
    case 1:
      return copy(uint8_t());
    case 2:
      return copy(uint16_t());
    case 4:
      return copy(uint32_t());
    case 8:
      return copy(uint64_t());
    default:
      return copy(Sixteen());
  }
}

std::vector<int64_t> StridesOf(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = stride;
    // Overflows only beside a dimension of 0, where nothing is copied.
    if (__builtin_mul_overflow(stride, shape.dim(i), &stride)) stride = 0;
  }
  return strides;
}

}  // namespace cairn::compute
