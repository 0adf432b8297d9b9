// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CheckpointSource: the tensors of a checkpoint, whatever its format, one entry
// each: the pieces of a partitioned tensor are folded under its name.
//
//   CAIRN_ASSIGN_OR_RETURN(Target target, LocateCheckpoint(fs, "tf_ckpt"));
//   CAIRN_ASSIGN_OR_RETURN(auto source, CheckpointSource::Open(fs, target));
//   for (auto it = source->NewIterator(); it->Valid(); it->Next()) {
//     StatusOr<Entry> entry = it->entry();
//     ...
//   }
//
// The walk holds one entry at a time, so a million keys take no memory.
// Thread rule: all methods of CheckpointSource may be called from several
// threads; an Iterator belongs to one.
#ifndef CAIRN_INSPECT_SOURCE_H_
#define CAIRN_INSPECT_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/inspect/locate.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::inspect {

enum class Format { kBundle, kV1 };

// Where the bytes of a tensor, or of one piece of it, are.
struct Place {
  int32_t shard = 0;
  int64_t offset = 0;
  int64_t bytes = 0;
  uint32_t crc32c = 0;  // unmasked
};

// One stored piece of a partitioned tensor.
struct Piece {
  TensorSlice slice;
  Shape shape;
  std::optional<Place> place;  // bundles only
};

struct Entry {
  std::string key;
  DataType dtype = DataType::kInvalid;
  Shape shape;
  // Of all pieces, as stored. V1 stores varints: there it is what numbers take
  // in memory, and for strings the size of their records.
  int64_t bytes = 0;
  std::optional<Place> place;  // bundles only, and not if it is in pieces
  std::vector<Piece> pieces;   // empty unless it is in pieces
};

struct StoredFile {
  std::string path;
  uint64_t bytes = 0;
};

// A tensor read for a moment: borrowed from the source where that is possible.
class HeldTensor {
 public:
  explicit HeldTensor(TensorView borrowed) : view_(std::move(borrowed)) {}
  explicit HeldTensor(Tensor owned)
      : owned_(std::move(owned)), view_(owned_.view()) {}
  const TensorView& view() const { return view_; }

 private:
  Tensor owned_;
  TensorView view_;
};

class CheckpointSource {
 public:
  class Iterator {
   public:
    virtual ~Iterator() = default;
    virtual bool Valid() const = 0;
    virtual void Next() = 0;
    virtual std::string_view key() const = 0;  // valid until Next
    // DataLoss for an entry that cannot be read; the walk can go on.
    virtual StatusOr<Entry> entry() const = 0;
    // Not OK when the walk ended early because the checkpoint is damaged.
    virtual Status status() const = 0;
  };
  // Takes the bytes of a tensor, a run at a time.
  using Sink = std::function<Status(std::string_view bytes)>;

  // InvalidArgument for a target that is no checkpoint; otherwise what the
  // format's reader says.
  static StatusOr<std::unique_ptr<CheckpointSource>> Open(FileSystem& fs,
                                                          const Target& target);
  virtual ~CheckpointSource() = default;

  virtual Format format() const = 0;
  // Prefix of a bundle, path of a V1 file or pattern of a sharded one.
  virtual const std::string& path() const = 0;
  virtual int32_t num_shards() const = 0;
  // The files it consists of that exist, in order of name.
  virtual StatusOr<std::vector<StoredFile>> Files() const = 0;

  // For those who are about to read every tensor: DataLoss if that would be
  // many times the bytes of the files (bundle/claims.h).
  virtual Status CheckClaims() const { return OkStatus(); }

  // In order of key, compared as unsigned bytes.
  virtual std::unique_ptr<Iterator> NewIterator() const = 0;
  // NotFound without the key.
  virtual StatusOr<Entry> Find(std::string_view key) const = 0;

  // The whole tensor, checksum verified.
  virtual StatusOr<Tensor> Read(std::string_view key) const = 0;
  // As Read, without a copy if it can be had. Valid as long as the source.
  virtual StatusOr<HeldTensor> Hold(std::string_view key) const = 0;
  // Gives `sink` the tensor's bytes, checksum verified before the first one
  // where the tensor is not in pieces: elements little-endian in row-major
  // order; of a string, each value's length (8 bytes, little-endian) followed
  // by its bytes; of a variant, the bytes as they are stored.
  virtual Status Stream(const Entry& entry, const Sink& sink) const = 0;
};

// SHA-256 of what Stream gives, 64 hexadecimal digits. `progress`, if set, is
// told the bytes of each run.
StatusOr<std::string> TensorSha256(
    const CheckpointSource& source, const Entry& entry,
    const std::function<void(uint64_t)>& progress = nullptr);

// Whether both hold the same dtype, shape and bits.
StatusOr<bool> SameTensor(const CheckpointSource& a, std::string_view key_a,
                          const CheckpointSource& b, std::string_view key_b);

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_SOURCE_H_
