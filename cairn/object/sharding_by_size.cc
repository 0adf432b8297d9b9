// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// MaxShardSize. How TensorFlow 2.21 cuts was found by asking it: what is left
// of a tensor goes into the shard whole if it fits. Otherwise, of the axes of
// which one slice fits into the rest of the shard, the one is cut that takes
// the fewest pieces of the size that fits (the first of equals), and one piece,
// of the size that makes all of them nearly equal, is put there. If no slice of
// any axis fits, a new shard is begun. An element of a string tensor counts as
// much as the longest, but for the question whether the whole tensor fits.
#include <algorithm>
#include <limits>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/object/sharding.h"
#include "cairn/tensor/dtype.h"

namespace cairn::object {
namespace {

struct Sizes {
  int64_t whole = 0;    // bytes of the tensor
  int64_t element = 0;  // bytes of an element, at most
};

Sizes SizesOf(const ShardableTensor& tensor) {
  if (tensor.is_object_graph || tensor.value.dtype() == DataType::kVariant) {
    return {};
  }
  Sizes sizes;
  if (!tensor.value.holds_strings()) {
    sizes.element = static_cast<int64_t>(Info(tensor.value.dtype()).size);
    sizes.whole = sizes.element * tensor.value.num_elements();
    return sizes;
  }
  for (const std::string& text : tensor.value.strings()) {
    const auto size = static_cast<int64_t>(text.size());
    sizes.whole += size;
    sizes.element = std::max(sizes.element, size);
  }
  return sizes;
}

// A box in a tensor, all extents written out.
struct Box {
  std::vector<SliceExtent> extents;

  int64_t Cells() const {
    int64_t cells = 1;
    for (const SliceExtent& extent : extents) cells *= extent.length;
    return cells;
  }
};

class Packer {
 public:
  explicit Packer(int64_t capacity) : capacity_(capacity), room_(capacity) {}

  Status Add(size_t index, const ShardableTensor& tensor) {
    const Sizes sizes = SizesOf(tensor);
    if (tensor.value.shape().rank() == 0 && sizes.whole > capacity_) {
      oversized_.push_back({{index}});
      return OkStatus();
    }
    if (sizes.whole <= room_ || tensor.value.shape().rank() == 0) {
      if (sizes.whole > room_) Begin();
      Put({index}, sizes.whole);
      return OkStatus();
    }
    return Cut(index, tensor, sizes);
  }

  std::vector<Shard> Finish() && {
    for (Shard& shard : oversized_) shards_.push_back(std::move(shard));
    return std::move(shards_);
  }

 private:
  struct Piece {
    size_t axis = 0;
    int64_t length = 0;  // 0: none fits
  };

  void Begin() {
    shards_.emplace_back();
    room_ = capacity_;
  }

  void Put(ShardPart part, int64_t size) {
    shards_.back().push_back(std::move(part));
    room_ -= size;
  }

  Piece NextPiece(const Box& rest, int64_t size) const {
    Piece best;
    int64_t fewest = std::numeric_limits<int64_t>::max();
    for (size_t axis = 0; axis < rest.extents.size(); ++axis) {
      const int64_t length = rest.extents[axis].length;
      const int64_t fit = room_ / (size / length);
      if (fit < 1) continue;
      const int64_t pieces = (length - 1) / fit + 1;
      if (pieces >= fewest) continue;
      fewest = pieces;
      best = {axis, (length - 1) / pieces + 1};
    }
    return best;
  }

  // Not empty, not a scalar, and too large for the shard.
  Status Cut(size_t index, const ShardableTensor& tensor, const Sizes& sizes) {
    const Shape& shape = tensor.value.shape();
    Box rest{TensorSlice(shape.rank()).Resolve(shape).extents()};
    bool cut = false;
    for (;;) {
      const int64_t size = sizes.element * rest.Cells();
      if ((cut ? size : sizes.whole) <= room_) {
        return PutBox(index, rest, cut ? size : sizes.whole,
                      cut ? &shape : nullptr);
      }
      const Piece piece = NextPiece(rest, size);
      if (piece.length == 0) {
        if (room_ == capacity_ && shards_.back().empty()) {
          return InvalidArgumentError(
              StrCat("Tensor ", Escape(tensor.key), " of shape ",
                     shape.ToString(), " cannot be cut into shards of at most ",
                     capacity_, " bytes: one slice of any axis is larger"));
        }
        Begin();
        continue;
      }
      Box part = rest;
      part.extents[piece.axis].length = piece.length;
      CAIRN_RETURN_IF_ERROR(
          PutBox(index, part, sizes.element * part.Cells(), &shape));
      rest.extents[piece.axis].start += piece.length;
      rest.extents[piece.axis].length -= piece.length;
      cut = true;
    }
  }

  // All of the tensor if `shape` is null.
  Status PutBox(size_t index, const Box& box, int64_t size,
                const Shape* shape) {
    ShardPart part{index};
    if (shape != nullptr) {
      CAIRN_ASSIGN_OR_RETURN(part.slice, TensorSlice::Create(box.extents));
      if (part.slice->Covers(*shape)) part.slice.reset();
    }
    Put(std::move(part), size);
    return OkStatus();
  }

  const int64_t capacity_;
  int64_t room_;  // in the last shard
  std::vector<Shard> shards_ = std::vector<Shard>(1);
  std::vector<Shard> oversized_;
};

class SizePolicy : public ShardingPolicy {
 public:
  explicit SizePolicy(int64_t bytes) : bytes_(bytes) {}

  std::string description() const override {
    return StrCat("shards of at most ", bytes_, " bytes");
  }
  StatusOr<std::vector<Shard>> Partition(
      std::span<const ShardableTensor> tensors) const override {
    if (bytes_ < 1) {
      return InvalidArgumentError(
          StrCat("shards of at most ", bytes_, " bytes: at least 1 expected"));
    }
    Packer packer(bytes_);
    for (size_t i = 0; i < tensors.size(); ++i) {
      CAIRN_RETURN_IF_ERROR(packer.Add(i, tensors[i]));
    }
    return std::move(packer).Finish();
  }

 private:
  const int64_t bytes_;
};

}  // namespace

ShardingPolicyPtr MaxShardSize(int64_t bytes) {
  return std::make_shared<SizePolicy>(bytes);
}

}  // namespace cairn::object
