// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Maximum over windows. Of equal values the first in reading order counts, and
// receives the gradient. Training keeps, per output, the position in the
// window.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "cairn/nn/kernel.h"
#include "cairn/nn/window.h"

namespace cairn::nn {
namespace {

struct Geometry {
  Window vertical, horizontal;
  int64_t channels;
  int64_t input_size() const {
    return vertical.input * horizontal.input * channels;
  }
  int64_t output_size() const {
    return vertical.output * horizontal.output * channels;
  }
};

// The part of a window at output position `o` that lies inside the input.
struct Range {
  Range(const Window& w, int64_t o)
      : origin(o * w.stride - w.before),
        begin(std::max<int64_t>(origin, 0)),
        end(std::min(origin + w.size, w.input)) {}
  int64_t origin, begin, end;
};

// Calls window(output offset, rows, columns) for all windows of one example.
template <typename Visit>
void ForEachWindow(const Geometry& g, const Visit& window) {
  for (int64_t oy = 0; oy < g.vertical.output; ++oy) {
    for (int64_t ox = 0; ox < g.horizontal.output; ++ox) {
      window((oy * g.horizontal.output + ox) * g.channels,
             Range(g.vertical, oy), Range(g.horizontal, ox));
    }
  }
}

// All windows of one example: the largest values, and for each where in its
// window it is.
template <typename Index>
void PoolExample(const Geometry& g, const float* input, float* output,
                 Index* from) {
  std::fill_n(output, g.output_size(), -std::numeric_limits<float>::infinity());
  std::fill_n(from, g.output_size(), Index{0});
  ForEachWindow(g, [&](int64_t out, const Range& ys, const Range& xs) {
    for (int64_t y = ys.begin; y < ys.end; ++y) {
      for (int64_t x = xs.begin; x < xs.end; ++x) {
        const float* cell = input + (y * g.horizontal.input + x) * g.channels;
        const auto position = static_cast<Index>(
            (y - ys.origin) * g.horizontal.size + (x - xs.origin));
        for (int64_t c = 0; c < g.channels; ++c) {
          if (cell[c] > output[out + c]) from[out + c] = position;
          output[out + c] = std::max(output[out + c], cell[c]);
        }
      }
    }
  });
}

template <typename Index>
void UnpoolExample(const Geometry& g, const float* output_gradient,
                   const Index* from, float* input_gradient) {
  std::fill_n(input_gradient, g.input_size(), 0.0f);
  ForEachWindow(g, [&](int64_t out, const Range& ys, const Range& xs) {
    for (int64_t y = ys.begin; y < ys.end; ++y) {
      for (int64_t x = xs.begin; x < xs.end; ++x) {
        float* cell =
            input_gradient + (y * g.horizontal.input + x) * g.channels;
        const auto position = static_cast<Index>(
            (y - ys.origin) * g.horizontal.size + (x - xs.origin));
        for (int64_t c = 0; c < g.channels; ++c) {
          cell[c] += from[out + c] == position ? output_gradient[out + c] : 0;
        }
      }
    }
  });
}

// Index: wide enough for the cells of a window.
template <typename Index>
class MaxPool2DKernel : public Kernel {
 public:
  MaxPool2DKernel(const KernelContext& context, const Geometry& geometry)
      : context_(context), g_(geometry) {}

  Status Build() {
    const int64_t batch = context_.tiling->batch;
    CAIRN_ASSIGN_OR_RETURN(
        from_,
        Tensor::Create(kDataTypeOf<Index>, Shape{batch * g_.output_size()}));
    return OkStatus();
  }

  void ScheduleForward(Schedule& schedule) override {
    schedule.ForEachTile(Grain::kFine, [this](const Tile& tile) {
      for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
        PoolExample(g_, context_.input + i * g_.input_size(),
                    context_.output + i * g_.output_size(), From(i));
      }
    });
  }

  void ScheduleBackward(Schedule& schedule) override {
    if (context_.input_gradient == nullptr) return;
    schedule.ForEachTile(Grain::kFine, [this](const Tile& tile) {
      const float* dy = context_.output_gradient->At(tile);
      float* dx = context_.input_gradient->At(tile);
      for (int64_t i = tile.first; i < tile.first + tile.count; ++i) {
        UnpoolExample(g_, dy + (i - tile.first) * g_.output_size(), From(i),
                      dx + (i - tile.first) * g_.input_size());
      }
    });
  }

 private:
  Index* From(int64_t example) {
    return from_.data<Index>().data() + example * g_.output_size();
  }

  KernelContext context_;
  Geometry g_;
  Tensor from_;
};

template <typename Index>
StatusOr<std::unique_ptr<Kernel>> Make(const KernelContext& context,
                                       const Geometry& geometry) {
  auto kernel = std::make_unique<MaxPool2DKernel<Index>>(context, geometry);
  CAIRN_RETURN_IF_ERROR(kernel->Build());
  return kernel;
}

}  // namespace

StatusOr<std::unique_ptr<Kernel>> MakeMaxPool2DKernel(
    const KernelContext& context) {
  const LayerConfig& layer = context.layer->config();
  const auto& config = std::get<MaxPool2DConfig>(layer.config);
  const Geometry geometry{VerticalWindow(config, layer.input_shape),
                          HorizontalWindow(config, layer.input_shape),
                          layer.input_shape.dim(2)};
  if (config.pool_height * config.pool_width <= 256) {
    return Make<uint8_t>(context, geometry);
  }
  return Make<uint64_t>(context, geometry);
}

}  // namespace cairn::nn
