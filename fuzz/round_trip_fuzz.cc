// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A random bundle of any byte order and number of shards, written whole, in
// slices and in streams, and read: every tensor, and a slice of each, is what
// was written; written twice, the bytes are the same; copied as it is stored,
// into any other layout, it reads the same; a writer that refused something
// leaves nothing behind. The input is choices.
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "fuzz/random_tensor.h"
#include "fuzz/target.h"
#include "fuzz/unmapped_file_system.h"

namespace cairn::fuzz {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;
using bundle::BundleWriter;
using bundle::Endianness;

constexpr int kMaxTensors = 12;
const char kPrefix[] = "d/p";

struct Planned {
  std::string key;
  Tensor tensor;
  std::vector<TensorSlice> parts;  // one: written whole
  int32_t shard = BundleWriter::kAnyShard;
  size_t piece = 0;  // bytes of a stream's appends; 0: not streamed
};

std::vector<Planned> Plan(Choices& choices) {
  std::vector<Planned> plan;
  for (int i = choices.Below(kMaxTensors + 1); i > 0; --i) {
    const DataType dtype = ChooseType(choices);
    const Shape shape = ChooseShape(choices);
    std::string key = choices.Text(10);
    Tensor tensor = ChooseTensor(choices, dtype, shape);
    auto parts = Partition(choices, shape);
    plan.push_back({std::move(key), std::move(tensor), std::move(parts)});
    Planned& planned = plan.back();
    if (choices.Flip()) planned.shard = choices.Below(4);
    if (choices.Flip() && IsFixedSize(dtype)) {
      planned.piece = static_cast<size_t>(1 + choices.Below(40));
    }
  }
  return plan;
}

Status Feed(BundleWriter::Stream& stream, std::string_view bytes,
            size_t piece) {
  for (size_t at = 0; at < bytes.size(); at += piece) {
    CAIRN_RETURN_IF_ERROR(stream.Append(bytes.substr(at, piece)));
  }
  return stream.Finish();
}

Status AddPart(BundleWriter& writer, const Planned& planned,
               const TensorSlice& slice, const Tensor& part) {
  const Shape& full = planned.tensor.shape();
  if (planned.piece == 0) {
    return writer.AddSlice(planned.key, full, slice, part, planned.shard);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const auto stream,
      writer.BeginSlice(planned.key, part.dtype(), full, slice, planned.shard));
  return Feed(*stream, part.bytes(), planned.piece);
}

Status Add(BundleWriter& writer, const Planned& planned) {
  const Tensor& tensor = planned.tensor;
  if (planned.parts.size() > 1) {
    for (const TensorSlice& slice : planned.parts) {
      CAIRN_RETURN_IF_ERROR(
          AddPart(writer, planned, slice, CutOut(tensor, slice)));
    }
    return OkStatus();
  }
  if (planned.piece == 0) {
    return writer.Add(planned.key, tensor.view(), planned.shard);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const auto stream,
      writer.Begin(planned.key, tensor.dtype(), tensor.shape(), planned.shard));
  return Feed(*stream, tensor.bytes(), planned.piece);
}

using Fill = std::function<Status(BundleWriter&)>;

Status Write(FileSystem& fs, const bundle::BundleWriterOptions& options,
             const Fill& fill) {
  Commit commit(fs, kPrefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, kPrefix, options));
  const Status filled = fill(*writer);
  if (!filled.ok()) {
    Require(!writer->Finish().ok());
    Require(!commit.Finish().ok());
    return filled;
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Fill All(const std::vector<Planned>& plan) {
  return [&plan](BundleWriter& writer) {
    for (const Planned& planned : plan) {
      CAIRN_RETURN_IF_ERROR(Add(writer, planned));
    }
    return OkStatus();
  };
}

// Every tensor as `reader` stores it.
Status CopyStored(const BundleReader& reader, BundleWriter& writer) {
  const auto raw = [&](const BundleEntry& entry) {
    return [&reader, entry](const bundle::ByteSink& sink) {
      return reader.StreamRaw(entry, sink);
    };
  };
  const Endianness order = reader.header().endianness;
  for (const auto it = reader.NewTensorIterator(); it->Valid(); it->Next()) {
    const std::string key(it->key());
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    if (entry.slices.empty()) {
      CAIRN_RETURN_IF_ERROR(writer.AddStored(key, entry, order, raw(entry)));
    }
    for (const TensorSlice& slice : entry.slices) {
      CAIRN_ASSIGN_OR_RETURN(const BundleEntry piece,
                             reader.Lookup(EncodeTensorNameSlice(key, slice)));
      CAIRN_RETURN_IF_ERROR(writer.AddStoredSlice(key, entry.shape, slice,
                                                  piece, order, raw(piece)));
    }
  }
  return OkStatus();
}

bool HoldsVariants(const std::vector<Planned>& plan) {
  return std::ranges::any_of(plan, [](const Planned& planned) {
    return planned.tensor.dtype() == DataType::kVariant;
  });
}

// Whether a writer has to refuse it.
bool IsImpossible(const std::vector<Planned>& plan,
                  const bundle::BundleWriterOptions& options) {
  if (options.endianness == Endianness::kBig && HoldsVariants(plan)) {
    return true;
  }
  std::map<std::string, int> count;
  for (const Planned& planned : plan) {
    if (planned.key.empty() || IsSliceKey(planned.key)) return true;
    if (++count[planned.key] > 1) return true;
  }
  return false;
}

void ReadBack(FileSystem& fs, const std::vector<Planned>& plan) {
  const auto reader = BundleReader::Open(fs, kPrefix);
  Require(reader.ok());
  for (const Planned& planned : plan) {
    const auto entry = (*reader)->Lookup(planned.key);
    Require(entry.ok() && (*reader)->Check(planned.key, *entry).ok());
    const auto tensor = (*reader)->Read(planned.key);
    Require(tensor.ok() && BitwiseEqual(tensor->view(), planned.tensor.view()));
    for (const TensorSlice& slice : planned.parts) {
      const auto part = (*reader)->ReadSlice(planned.key, slice);
      Require(part.ok() &&
              BitwiseEqual(part->view(), CutOut(planned.tensor, slice)));
    }
  }
  size_t listed = 0;
  const auto it = (*reader)->NewIterator();
  for (; it->Valid(); it->Next()) {
    Require(it->entry().ok());
    listed += IsSliceKey(it->key()) ? 0 : 1;
  }
  Require(it->status().ok() && listed == plan.size());
}

bundle::BundleWriterOptions ChooseOptions(Choices& choices) {
  bundle::BundleWriterOptions options;
  options.data_alignment = choices.Flip() ? 1 : 1 + choices.Below(64);
  if (choices.Flip()) options.endianness = Endianness::kBig;
  if (choices.Flip()) options.max_shard_size = 1 + choices.Below(200);
  options.min_shards = 1 + choices.Below(3);
  return options;
}

Status Run(std::string_view input) {
  Choices choices(input);
  const auto options = ChooseOptions(choices);
  const auto other = ChooseOptions(choices);
  const std::vector<Planned> plan = Plan(choices);
  MemoryFileSystem fs, twin, copy;
  const Status status = Write(fs, options, All(plan));
  Require(status.ok() != IsImpossible(plan, options));
  if (!status.ok()) {
    Require(absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status) ||
            absl::IsUnimplemented(status));
    Require(fs.Files().empty());
    return status;
  }
  ReadBack(fs, plan);
  UnmappedFileSystem unmapped(fs);
  ReadBack(unmapped, plan);
  Require(Write(twin, options, All(plan)).ok() && twin.Files() == fs.Files());

  const auto reader = BundleReader::Open(fs, kPrefix);
  Require(reader.ok());
  const Status copied = Write(copy, other, [&](BundleWriter& writer) {
    return CopyStored(**reader, writer);
  });
  Require(copied.ok() != IsImpossible(plan, other));
  if (copied.ok()) ReadBack(copy, plan);
  return OkStatus();
}

}  // namespace

const Target kRoundTripTarget = {"round_trip", Run};

}  // namespace cairn::fuzz
