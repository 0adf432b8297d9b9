// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/slice.h"

#include <algorithm>
#include <bit>

#include "cairn/compute/checks.h"
#include "cairn/compute/strided_copy.h"

namespace cairn::compute {
namespace {

// Where a slice begins in the input, and the dimensions it runs over, those
// that vanish in the output included.
struct Region {
  int64_t offset = 0;
  std::vector<CopyDim> dims;  // `to` is filled in by who copies
  Shape output;
};

// One dimension of the input.
struct Part {
  int64_t first, stride, count;
};

bool Bit(int64_t mask, size_t i) { return i < 63 && (mask >> i & 1) != 0; }

// The specification of one dimension, as numpy has it.
StatusOr<Part> CutDimension(const StridedSliceOptions& options, size_t i,
                            int64_t size, int64_t begin, int64_t end,
                            int64_t stride) {
  if (stride == 0) {
    return InvalidArgumentError(StrCat("strides[", i, "] must be non-zero"));
  }
  if (Bit(options.shrink_axis_mask, i)) {
    if (stride < 0) {
      return InvalidArgumentError(
          "only stride 1 allowed on non-range indexing.");
    }
    const int64_t at = begin < 0 ? begin + size : begin;
    if (at < 0 || at >= size) {
      return InvalidArgumentError(StrCat(
          "slice index ", begin, " of dimension ", i, " out of bounds."));
    }
    return Part{at, 1, 1};  // begin_mask does not matter
  }
  const int64_t lowest = stride > 0 ? 0 : -1;
  const int64_t highest = stride > 0 ? size : size - 1;
  const auto canonical = [&](int64_t x, bool is_masked, int64_t otherwise) {
    if (is_masked) return otherwise;
    return std::clamp(x < 0 ? x + size : x, lowest, highest);
  };
  const int64_t first = canonical(begin, Bit(options.begin_mask, i),
                                  stride > 0 ? lowest : highest);
  const int64_t last =
      canonical(end, Bit(options.end_mask, i), stride > 0 ? highest : lowest);
  const int64_t distance = stride > 0 ? last - first : first - last;
  if (distance <= 0) return Part{0, 1, 0};
  // Of the most negative stride there is no absolute value.
  const uint64_t step = stride > 0
                            ? static_cast<uint64_t>(stride)
                            : uint64_t{0} - static_cast<uint64_t>(stride);
  const uint64_t count = (static_cast<uint64_t>(distance) - 1) / step + 1;
  return Part{first, count == 1 ? 1 : stride, static_cast<int64_t>(count)};
}

StatusOr<std::vector<int64_t>> ReadIndices(const TensorView& tensor,
                                           std::string_view what) {
  if (tensor.dtype() == DataType::kInt16 && tensor.shape().rank() == 1) {
    const auto values = tensor.data<int16_t>();
    return std::vector<int64_t>(values.begin(), values.end());
  }
  if (tensor.shape().rank() != 1) {
    return InvalidArgumentError(
        StrCat("Expected begin, end, and strides to be 1D equal size tensors, "
               "but got ",
               what, " of shape ", tensor.shape().ToString()));
  }
  return ReadIntegers(tensor, what);
}

StatusOr<Region> FindRegion(const Shape& input, const TensorView& begin,
                            const TensorView& end, const TensorView& strides,
                            const StridedSliceOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const auto begins, ReadIndices(begin, "begin"));
  CAIRN_ASSIGN_OR_RETURN(const auto ends, ReadIndices(end, "end"));
  CAIRN_ASSIGN_OR_RETURN(const auto steps, ReadIndices(strides, "strides"));
  if (begins.size() != ends.size() || begins.size() != steps.size()) {
    return InvalidArgumentError(
        StrCat("Expected begin, end, and strides to be 1D equal size tensors, "
               "but got shapes ",
               begin.shape().ToString(), ", ", end.shape().ToString(), ", and ",
               strides.shape().ToString(), " instead."));
  }
  const size_t specs = begins.size();
  if (specs >= 32) {
    return InvalidArgumentError(
        StrCat("at most 31 indices are supported, not ", specs));
  }
  const int64_t ellipsis = options.ellipsis_mask & ((int64_t{1} << specs) - 1);
  if ((ellipsis & (ellipsis - 1)) != 0) {
    return InvalidArgumentError("Multiple ellipses in slice spec not allowed");
  }
  // Without an ellipsis there is one at the end.
  const size_t ellipsis_at =
      ellipsis != 0 ? static_cast<size_t>(
                          std::countr_zero(static_cast<uint64_t>(ellipsis)))
                    : specs;
  const auto is_new = [&](size_t i) {
    return Bit(options.new_axis_mask, i) && i != ellipsis_at;
  };
  int used = 0;  // dimensions of the input that have an index
  for (size_t i = 0; i < specs; ++i) {
    if (i != ellipsis_at && !is_new(i)) ++used;
  }
  if (used > input.rank()) {
    return InvalidArgumentError(StrCat("Index out of range using input dim ",
                                       input.rank(), "; input has only ",
                                       input.rank(), " dims"));
  }
  Region region;
  std::vector<int64_t> output;
  const auto input_strides = StridesOf(input);
  int d = 0;
  const auto add = [&](const Part& part) {
    const int64_t stride = input_strides[static_cast<size_t>(d++)];
    region.offset += part.first * stride;
    region.dims.push_back(
        {part.count, part.count == 1 ? 0 : part.stride * stride, 0});
  };
  for (size_t i = 0; i <= specs; ++i) {
    if (i == ellipsis_at) {
      for (int rest = input.rank() - used; rest > 0; --rest) {
        output.push_back(input.dim(d));
        add({0, 1, input.dim(d)});
      }
      continue;
    }
    if (i == specs) break;
    if (is_new(i)) {
      output.push_back(1);
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(
        const Part part,
        CutDimension(options, i, input.dim(d), begins[i], ends[i], steps[i]));
    if (!Bit(options.shrink_axis_mask, i)) output.push_back(part.count);
    add(part);
  }
  CAIRN_ASSIGN_OR_RETURN(region.output, Shape::Create(output));
  return region;
}

// Contiguous strides for the region's dimensions.
std::vector<int64_t> Packed(const std::vector<CopyDim>& dims) {
  std::vector<int64_t> strides(dims.size());
  int64_t stride = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = stride;
    stride *= dims[d].size;
  }
  return strides;
}

}  // namespace

StatusOr<Tensor> Slice(Context& context, const TensorView& input,
                       const TensorView& begin, const TensorView& size) {
  if (!input.holds_strings() && !IsFixedSize(input.dtype())) {
    return NoKernel("Slice", input.dtype());
  }
  const int rank = input.shape().rank();
  CAIRN_ASSIGN_OR_RETURN(const auto begins, ReadIntegers(begin, "begin"));
  CAIRN_ASSIGN_OR_RETURN(auto sizes, ReadIntegers(size, "size"));
  if (begin.shape().rank() != 1 || size.shape().rank() != 1 ||
      begins.size() != static_cast<size_t>(rank) ||
      sizes.size() != static_cast<size_t>(rank)) {
    return InvalidArgumentError(
        StrCat("Expected begin and size arguments to be 1-D tensors of size ",
               rank, ", but got shapes ", begin.shape().ToString(), " and ",
               size.shape().ToString(), " instead."));
  }
  const auto strides = StridesOf(input.shape());
  int64_t offset = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    const int64_t limit = input.shape().dim(static_cast<int>(d));
    const int64_t b = begins[d];
    if (b < 0 || b > limit) {
      return InvalidArgumentError(
          StrCat("Expected begin[", d, "] in [0, ", limit, "], but got ", b));
    }
    if (sizes[d] == -1) sizes[d] = limit - b;
    if (sizes[d] < 0 || sizes[d] > limit - b) {
      return InvalidArgumentError(StrCat("Expected size[", d, "] in [0, ",
                                         limit - b, "], but got ", sizes[d]));
    }
    offset += b * strides[d];
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(sizes));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), std::move(shape)));
  if (out.num_elements() == 0) return out;
  const auto to = StridesOf(out.shape());
  std::vector<CopyDim> dims;
  for (size_t d = 0; d < sizes.size(); ++d) {
    dims.push_back({sizes[d], strides[d], to[d]});
  }
  CopyStrided(context, input, offset, out, 0, std::move(dims));
  return out;
}

StatusOr<Tensor> StridedSlice(Context& context, const TensorView& input,
                              const TensorView& begin, const TensorView& end,
                              const TensorView& strides,
                              const StridedSliceOptions& options) {
  if (!input.holds_strings() && !IsFixedSize(input.dtype())) {
    return NoKernel("StridedSlice", input.dtype());
  }
  CAIRN_ASSIGN_OR_RETURN(
      Region region, FindRegion(input.shape(), begin, end, strides, options));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.Allocate(input.dtype(), region.output));
  if (out.num_elements() == 0) return out;
  const auto packed = Packed(region.dims);
  for (size_t d = 0; d < packed.size(); ++d) region.dims[d].to = packed[d];
  CopyStrided(context, input, region.offset, out, 0, std::move(region.dims));
  return out;
}

StatusOr<Tensor> StridedSliceGrad(Context& context, const TensorView& shape,
                                  const TensorView& begin,
                                  const TensorView& end,
                                  const TensorView& strides,
                                  const TensorView& dy,
                                  const StridedSliceOptions& options) {
  if (!dy.holds_strings() && !IsFixedSize(dy.dtype())) {
    return NoKernel("StridedSliceGrad", dy.dtype());
  }
  CAIRN_ASSIGN_OR_RETURN(const auto dims, ReadIntegers(shape, "shape"));
  CAIRN_ASSIGN_OR_RETURN(Shape whole, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(Region region,
                         FindRegion(whole, begin, end, strides, options));
  if (!(region.output == dy.shape())) {
    return InvalidArgumentError(StrCat("shape of dy was ",
                                       dy.shape().ToString(), " instead of ",
                                       region.output.ToString()));
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         context.AllocateZeros(dy.dtype(), std::move(whole)));
  if (dy.num_elements() == 0) return out;
  const auto packed = Packed(region.dims);
  for (size_t d = 0; d < packed.size(); ++d) {
    region.dims[d] = {region.dims[d].size, packed[d], region.dims[d].from};
  }
  CopyStrided(context, dy, 0, out, region.offset, std::move(region.dims));
  return out;
}

}  // namespace cairn::compute
