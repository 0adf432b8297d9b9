// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// An image with its channels last is a matrix of rows and channels here; with
// the channels second it is transposed first.
#include "cairn/compute/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cairn/compute/array.h"
#include "cairn/compute/binary.h"
#include "cairn/compute/checks.h"
#include "cairn/compute/reduce.h"
#include "cairn/compute/rows.h"

namespace cairn::compute {
namespace {

using Mode = FusedBatchNormOptions::Mode;

// Moves the second dimension to the end, or back.
StatusOr<Tensor> MoveChannels(Context& context, const TensorView& x,
                              Channels from) {
  std::vector<int64_t> order;
  const int rank = x.shape().rank();
  order.push_back(0);
  if (from == Channels::kLast) order.push_back(rank - 1);
  for (int64_t d = from == Channels::kLast ? 1 : 2;
       d < (from == Channels::kLast ? rank - 1 : rank); ++d) {
    order.push_back(d);
  }
  if (from == Channels::kSecond) order.push_back(1);
  return Transpose(context, x, TensorView::Of<int64_t>({rank}, order.data()));
}

// Adds f(row, channel) over the rows for each channel: runs of rows in float,
// the runs in double. The channels are shared out.
template <typename F>
void SumRows(Context& context, int64_t rows, int64_t channels, double* sums,
             const F& f) {
  constexpr int64_t kRun = 64;
  constexpr int64_t kWidth = 64;
  const int64_t strips = (channels + kWidth - 1) / kWidth;
  // Few channels leave threads without work, so rows are shared out too, in
  // parts whose number does not depend on the threads.
  const int64_t parts = std::clamp<int64_t>(rows * channels >> 16, 1, 16);
  std::vector<double> partial(static_cast<size_t>(parts * channels), 0.0);
  context.ParallelFor(
      strips * parts, 4 * rows * std::min(kWidth, channels) / parts,
      [&](int64_t begin, int64_t end) {
        float run[kWidth];
        for (int64_t task = begin; task < end; ++task) {
          const int64_t first = task % strips * kWidth;
          const int64_t width = std::min(kWidth, channels - first);
          const int64_t part = task / strips;
          double* const to = partial.data() + part * channels + first;
          const int64_t last = rows * (part + 1) / parts;
          for (int64_t r = rows * part / parts; r < last; r += kRun) {
            std::fill_n(run, width, 0.0f);
            for (int64_t k = r; k < std::min(last, r + kRun); ++k) {
              for (int64_t c = 0; c < width; ++c) run[c] += f(k, first + c);
            }
            for (int64_t c = 0; c < width; ++c) {
              to[c] += static_cast<double>(run[c]);
            }
          }
        }
      });
  std::fill_n(sums, channels, 0.0);
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t c = 0; c < channels; ++c) {
      sums[c] += partial[static_cast<size_t>(part * channels + c)];
    }
  }
}

struct Matrix {
  int64_t rows, channels;
};

Status RequireVector(const TensorView& x, int64_t channels,
                     std::string_view name) {
  CAIRN_RETURN_IF_ERROR(RequireType(x, DataType::kFloat, name));
  if (x.shape().rank() != 1) {
    return InvalidArgumentError(
        StrCat(name, " must be 1-dimensional", x.shape().ToString()));
  }
  if (x.num_elements() != channels) {
    return InvalidArgumentError(
        StrCat(name,
               " must have the same number of elements as the channels "
               "of x, got ",
               x.num_elements(), " and ", channels));
  }
  return OkStatus();
}

StatusOr<Matrix> MatrixOf(const TensorView& x, Channels channels) {
  if (x.shape().rank() != 4 && x.shape().rank() != 5) {
    return InvalidArgumentError(
        StrCat("input must be 4 or 5-dimensional", x.shape().ToString()));
  }
  const int64_t count =
      x.shape().dim(channels == Channels::kLast ? x.shape().rank() - 1 : 1);
  return Matrix{count == 0 ? 0 : x.num_elements() / count, count};
}

// Of the batch.
struct Moments {
  std::vector<float> mean, variance;  // biased
};
Moments MomentsOf(Context& context, const Matrix& m, const float* x) {
  const auto n = static_cast<size_t>(m.channels);
  Moments moments = {std::vector<float>(n), std::vector<float>(n)};
  std::vector<double> sums(n);
  SumRows(context, m.rows, m.channels, sums.data(),
          [&](int64_t r, int64_t c) { return x[r * m.channels + c]; });
  const auto rows = static_cast<double>(m.rows);
  for (size_t c = 0; c < n; ++c) {
    moments.mean[c] = static_cast<float>(sums[c] / rows);
  }
  const float* const mean = moments.mean.data();
  SumRows(context, m.rows, m.channels, sums.data(), [&](int64_t r, int64_t c) {
    const float d = x[r * m.channels + c] - mean[c];
    return d * d;
  });
  for (size_t c = 0; c < n; ++c) {
    moments.variance[c] = static_cast<float>(sums[c] / rows);
  }
  return moments;
}

StatusOr<Tensor> VectorOf(std::span<const float> values) {
  return Tensor::CopyOf(TensorView::Of<float>(
      {static_cast<int64_t>(values.size())}, values.data()));
}

// (1 - factor) * old + factor * now
StatusOr<Tensor> Average(const TensorView& old, std::span<const float> now,
                         float factor) {
  CAIRN_ASSIGN_OR_RETURN(Tensor out, VectorOf(now));
  if (factor == 1.0f) return out;
  for (size_t c = 0; c < now.size(); ++c) {
    out.data<float>()[c] =
        (1 - factor) * old.data<float>()[c] + factor * now[c];
  }
  return out;
}

Status NormalizeFloats(Context& context, const TensorView& x, const Matrix& m,
                       const TensorView& scale, const TensorView& offset,
                       const TensorView& mean, const TensorView& variance,
                       const FusedBatchNormOptions& options,
                       FusedBatchNormResult* result) {
  const auto n = static_cast<size_t>(m.channels);
  const bool training = options.mode == Mode::kTraining;
  const float factor = options.exponential_avg_factor;
  Moments moments;
  if (training) {
    moments = MomentsOf(context, m, In<float>(x));
    // The variance of all examples is estimated from these.
    const auto rest = static_cast<float>(m.rows) /
                      static_cast<float>(std::max<int64_t>(m.rows - 1, 1));
    std::vector<float> unbiased = moments.variance;
    for (float& v : unbiased) v *= rest;
    CAIRN_ASSIGN_OR_RETURN(result->batch_mean,
                           Average(mean, moments.mean, factor));
    CAIRN_ASSIGN_OR_RETURN(result->batch_variance,
                           Average(variance, unbiased, factor));
    CAIRN_ASSIGN_OR_RETURN(result->saved_mean, VectorOf(moments.mean));
    CAIRN_ASSIGN_OR_RETURN(result->saved_variance, VectorOf(moments.variance));
  } else {
    const auto a = mean.data<float>(), b = variance.data<float>();
    moments = {{a.begin(), a.end()}, {b.begin(), b.end()}};
    CAIRN_ASSIGN_OR_RETURN(result->batch_mean, VectorOf(a));
    CAIRN_ASSIGN_OR_RETURN(result->batch_variance, VectorOf(b));
    CAIRN_ASSIGN_OR_RETURN(result->saved_mean, VectorOf(a));
    CAIRN_ASSIGN_OR_RETURN(result->saved_variance, VectorOf(b));
  }
  std::vector<float> factors(n);
  for (size_t c = 0; c < n; ++c) {
    factors[c] = scale.data<float>()[c] *
                 (1.0f / std::sqrt(moments.variance[c] + options.epsilon));
  }
  CAIRN_ASSIGN_OR_RETURN(result->y,
                         context.Allocate(DataType::kFloat, x.shape()));
  const float* const in = In<float>(x);
  float* const out = Out<float>(result->y);
  const float *const mu = moments.mean.data(), *const f = factors.data(),
                     *const beta = In<float>(offset);
  context.ParallelFor(m.rows, 3 * m.channels, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const float* const row = in + r * m.channels;
      float* const to = out + r * m.channels;
      for (int64_t c = 0; c < m.channels; ++c) {
        to[c] = (row[c] - mu[c]) * f[c] + beta[c];
      }
    }
  });
  return OkStatus();
}

StatusOr<FusedBatchNormGradResult> GradientFloats(
    Context& context, const TensorView& dy, const TensorView& x,
    const Matrix& m, const TensorView& scale, const TensorView& mean,
    const TensorView& variance, const FusedBatchNormOptions& options) {
  const auto n = static_cast<size_t>(m.channels);
  const float *const g = In<float>(dy), *const in = In<float>(x),
                     *const mu = In<float>(mean);
  std::vector<double> sums(n), products(n);
  SumRows(context, m.rows, m.channels, sums.data(),
          [&](int64_t r, int64_t c) { return g[r * m.channels + c]; });
  SumRows(context, m.rows, m.channels, products.data(),
          [&](int64_t r, int64_t c) {
            const int64_t at = r * m.channels + c;
            return g[at] * (in[at] - mu[c]);
          });
  FusedBatchNormGradResult result;
  CAIRN_ASSIGN_OR_RETURN(
      result.scale_backprop,
      context.Allocate(DataType::kFloat, Shape({m.channels})));
  CAIRN_ASSIGN_OR_RETURN(
      result.offset_backprop,
      context.Allocate(DataType::kFloat, Shape({m.channels})));
  CAIRN_ASSIGN_OR_RETURN(result.x_backprop,
                         context.Allocate(DataType::kFloat, x.shape()));
  // dx = factor * (dy - a - (x - mean) * b); a and b are of training only.
  std::vector<float> factors(n), a(n), b(n);
  const auto rows = static_cast<double>(m.rows);
  for (size_t c = 0; c < n; ++c) {
    const float v = variance.data<float>()[c] + options.epsilon;
    const float inverse = 1.0f / std::sqrt(v);
    factors[c] = scale.data<float>()[c] * inverse;
    result.scale_backprop.data<float>()[c] =
        static_cast<float>(products[c]) * inverse;
    result.offset_backprop.data<float>()[c] = static_cast<float>(sums[c]);
    if (options.mode == Mode::kTraining && m.rows > 0) {
      a[c] = static_cast<float>(sums[c] / rows);
      b[c] = static_cast<float>(products[c] / rows) / v;
    }
  }
  float* const out = Out<float>(result.x_backprop);
  const float *const f = factors.data(), *const pa = a.data(),
                     *const pb = b.data();
  context.ParallelFor(m.rows, 4 * m.channels, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = r * m.channels;
      for (int64_t c = 0; c < m.channels; ++c) {
        out[at + c] = f[c] * (g[at + c] - pa[c] - (in[at + c] - mu[c]) * pb[c]);
      }
    }
  });
  return result;
}

// float32 with the channels last, and back.
StatusOr<Tensor> Plain(Context& context, const TensorView& x,
                       Channels channels) {
  Tensor moved;
  TensorView view = x;
  if (channels == Channels::kSecond) {
    CAIRN_ASSIGN_OR_RETURN(moved, MoveChannels(context, x, channels));
    view = moved;
  }
  if (IsSixteenBitFloat(x.dtype())) return WidenTensor(view);
  return moved;
}
StatusOr<Tensor> Back(Context& context, Tensor x, DataType dtype,
                      Channels channels) {
  if (IsSixteenBitFloat(dtype)) {
    CAIRN_ASSIGN_OR_RETURN(x, NarrowTensor(dtype, x));
  }
  if (channels == Channels::kSecond) {
    CAIRN_ASSIGN_OR_RETURN(x, MoveChannels(context, x, Channels::kLast));
  }
  return x;
}

Status RequireImage(const TensorView& x, std::string_view op) {
  return x.dtype() == DataType::kFloat || IsSixteenBitFloat(x.dtype())
             ? OkStatus()
             : NoKernel(op, x.dtype());
}

}  // namespace

StatusOr<Channels> ChannelsFromFormat(std::string_view data_format) {
  if (data_format == "NHWC" || data_format == "NDHWC") return Channels::kLast;
  if (data_format == "NCHW" || data_format == "NCDHW") {
    return Channels::kSecond;
  }
  return InvalidArgumentError(
      StrCat("Invalid data format: ", Escape(data_format)));
}

StatusOr<FusedBatchNormResult> FusedBatchNorm(
    Context& context, const TensorView& x, const TensorView& scale,
    const TensorView& offset, const TensorView& mean,
    const TensorView& variance, const FusedBatchNormOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireImage(x, "FusedBatchNorm"));
  CAIRN_ASSIGN_OR_RETURN(const Matrix m, MatrixOf(x, options.channels));
  CAIRN_RETURN_IF_ERROR(RequireVector(scale, m.channels, "scale"));
  CAIRN_RETURN_IF_ERROR(RequireVector(offset, m.channels, "offset"));
  if (options.mode == Mode::kInference ||
      options.exponential_avg_factor != 1.0f) {
    CAIRN_RETURN_IF_ERROR(RequireVector(mean, m.channels, "mean"));
    CAIRN_RETURN_IF_ERROR(RequireVector(variance, m.channels, "variance"));
  }
  CAIRN_ASSIGN_OR_RETURN(const Tensor plain,
                         Plain(context, x, options.channels));
  FusedBatchNormResult result;
  CAIRN_RETURN_IF_ERROR(
      NormalizeFloats(context, plain.is_valid() ? plain.view() : x, m, scale,
                      offset, mean, variance, options, &result));
  CAIRN_ASSIGN_OR_RETURN(result.y, Back(context, std::move(result.y), x.dtype(),
                                        options.channels));
  return result;
}

StatusOr<FusedBatchNormGradResult> FusedBatchNormGrad(
    Context& context, const TensorView& y_backprop, const TensorView& x,
    const TensorView& scale, const TensorView& saved_mean,
    const TensorView& saved_variance, const FusedBatchNormOptions& options) {
  CAIRN_RETURN_IF_ERROR(RequireImage(x, "FusedBatchNormGrad"));
  CAIRN_RETURN_IF_ERROR(RequireSameType(x, y_backprop, "FusedBatchNormGrad"));
  CAIRN_RETURN_IF_ERROR(RequireSameShape(x, y_backprop, "FusedBatchNormGrad"));
  CAIRN_ASSIGN_OR_RETURN(const Matrix m, MatrixOf(x, options.channels));
  CAIRN_RETURN_IF_ERROR(RequireVector(scale, m.channels, "scale"));
  CAIRN_RETURN_IF_ERROR(RequireVector(saved_mean, m.channels, "saved mean"));
  CAIRN_RETURN_IF_ERROR(
      RequireVector(saved_variance, m.channels, "saved variance"));
  CAIRN_ASSIGN_OR_RETURN(const Tensor plain_x,
                         Plain(context, x, options.channels));
  CAIRN_ASSIGN_OR_RETURN(const Tensor plain_dy,
                         Plain(context, y_backprop, options.channels));
  CAIRN_ASSIGN_OR_RETURN(
      FusedBatchNormGradResult result,
      GradientFloats(context,
                     plain_dy.is_valid() ? plain_dy.view() : y_backprop,
                     plain_x.is_valid() ? plain_x.view() : x, m, scale,
                     saved_mean, saved_variance, options));
  CAIRN_ASSIGN_OR_RETURN(
      result.x_backprop,
      Back(context, std::move(result.x_backprop), x.dtype(), options.channels));
  return result;
}

StatusOr<Tensor> BiasAdd(Context& context, const TensorView& value,
                         const TensorView& bias, Channels channels) {
  const Shape& shape = value.shape();
  if (shape.rank() < 2) {
    return InvalidArgumentError(
        StrCat("Input tensor must be at least 2D: ", shape.ToString()));
  }
  if (bias.shape().rank() != 1) {
    return InvalidArgumentError(
        StrCat("Biases must be 1D: ", bias.shape().ToString()));
  }
  const int at = channels == Channels::kLast ? shape.rank() - 1 : 1;
  if (bias.num_elements() != shape.dim(at)) {
    return InvalidArgumentError(
        StrCat("Must provide as many biases as the channel dimension of the "
               "input tensor: ",
               bias.shape().ToString(), " vs. ", shape.dim(at), " in ",
               shape.ToString()));
  }
  if (value.holds_strings()) return NoKernel("BiasAdd", value.dtype());
  std::vector<int64_t> dims(static_cast<size_t>(shape.rank() - at), 1);
  dims[0] = shape.dim(at);
  CAIRN_ASSIGN_OR_RETURN(Shape column, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(
      const TensorView shaped,
      TensorView::Create(bias.dtype(), std::move(column), bias.bytes()));
  return Binary(context, BinaryOp::kAddV2, value, shaped);
}

StatusOr<Tensor> BiasAddGrad(Context& context, const TensorView& out_backprop,
                             Channels channels) {
  const int rank = out_backprop.shape().rank();
  if (rank < 2) {
    return InvalidArgumentError(StrCat("Input tensor must be at least 2D: ",
                                       out_backprop.shape().ToString()));
  }
  const int kept = channels == Channels::kLast ? rank - 1 : 1;
  std::vector<int64_t> axes;
  for (int64_t d = 0; d < rank; ++d) {
    if (d != kept) axes.push_back(d);
  }
  return Reduce(context, ReduceOp::kSum, out_backprop,
                TensorView::Of<int64_t>({rank - 1}, axes.data()));
}

}  // namespace cairn::compute
