// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Random bundles: written in every mode, read back, copied by stored bytes into
// another layout, split and merged.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/merge.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {
namespace {

// A tensor, cut along its first dimension at the given rows.
struct Item {
  Tensor tensor;
  std::vector<int64_t> cuts;
  int32_t shard = 0;
};
using Items = std::map<std::string, Item>;

Tensor AnyTensor(bool variants) {
  std::vector<DataType> types;
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (info.dtype == DataType::kResource) continue;
    if (info.dtype == DataType::kVariant && !variants) continue;
    types.push_back(info.dtype);
  }
  const DataType dtype = *rc::gen::elementOf(types);
  const int rank = *rc::gen::inRange(0, 5);
  const auto dims = *rc::gen::container<std::vector<int64_t>>(
      static_cast<size_t>(rank), rc::gen::inRange<int64_t>(0, 6));
  Tensor tensor = *Tensor::Create(dtype, *Shape::Create(dims));
  if (tensor.view().holds_strings()) {
    for (std::string& s : tensor.strings()) {
      s = *rc::gen::arbitrary<std::string>();
    }
  } else {
    uint32_t seed = *rc::gen::arbitrary<uint32_t>();
    for (char& c : tensor.mutable_bytes()) {
      seed = seed * 1664525 + 1013904223;
      c = static_cast<char>(seed >> 24);
    }
  }
  return tensor;
}

Items AnyItems(bool variants) {
  Items items;
  const int count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i) {
    // Any bytes; short ones meet each other's beginnings.
    const auto key = *rc::gen::suchThat(
        rc::gen::arbitrary<std::string>(), [](const std::string& name) {
          return !name.empty() && !IsSliceKey(name);
        });
    Item item;
    item.tensor = AnyTensor(variants);
    item.shard = *rc::gen::inRange(0, 4);
    const Shape& shape = item.tensor.shape();
    if (shape.rank() > 0 && item.tensor.num_elements() > 0) {
      for (int64_t row = 1; row < shape.dim(0); ++row) {
        if (*rc::gen::inRange(0, 3) == 0) item.cuts.push_back(row);
      }
    }
    items[key] = std::move(item);
  }
  return items;
}

// The rows from `begin` to `end`.
Tensor Rows(const Tensor& tensor, int64_t begin, int64_t end) {
  std::vector<int64_t> dims(tensor.shape().dims().begin(),
                            tensor.shape().dims().end());
  const int64_t row = tensor.num_elements() / dims[0];
  dims[0] = end - begin;
  Tensor part = *Tensor::Create(tensor.dtype(), *Shape::Create(dims));
  if (tensor.view().holds_strings()) {
    for (int64_t i = 0; i < part.num_elements(); ++i) {
      part.strings()[static_cast<size_t>(i)] =
          tensor.strings()[static_cast<size_t>(begin * row + i)];
    }
    return part;
  }
  const auto bytes = static_cast<size_t>(row * DataTypeSize(tensor.dtype()));
  tensor.bytes().copy(part.mutable_bytes().data(), part.mutable_bytes().size(),
                      static_cast<size_t>(begin) * bytes);
  return part;
}

Status AddItem(const std::string& key, const Item& item, int32_t shard,
               BundleWriter& writer) {
  if (item.cuts.empty()) return writer.Add(key, item.tensor, shard);
  const Shape& full = item.tensor.shape();
  std::vector<int64_t> ends = item.cuts;
  ends.push_back(full.dim(0));
  int64_t begin = 0;
  for (const int64_t end : ends) {
    std::vector<SliceExtent> extents(static_cast<size_t>(full.rank()));
    extents[0] = {begin, end - begin};
    CAIRN_RETURN_IF_ERROR(
        writer.AddSlice(key, full, *TensorSlice::Create(extents),
                        Rows(item.tensor, begin, end), shard));
    begin = end;
  }
  return OkStatus();
}

template <typename Body>
Status Write(FileSystem& fs, const std::string& prefix,
             const BundleWriterOptions& options, Body body) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, prefix, options));
  CAIRN_RETURN_IF_ERROR(body(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

void CheckBundle(FileSystem& fs, const std::string& prefix,
                 const Items& items) {
  auto reader = BundleReader::Open(fs, prefix);
  RC_ASSERT(reader.ok());
  size_t tensors = 0;
  for (auto it = (*reader)->NewTensorIterator(); it->Valid(); it->Next()) {
    ++tensors;
  }
  RC_ASSERT(tensors == items.size());
  for (const auto& [key, item] : items) {
    const auto tensor = (*reader)->Read(key);
    RC_ASSERT(tensor.ok());
    RC_ASSERT(BitwiseEqual(*tensor, item.tensor));
  }
}

Status CopyStored(const BundleReader& reader, BundleWriter& writer) {
  for (auto it = reader.NewTensorIterator(); it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    const auto bytes_of = [&](const BundleEntry& stored) {
      return
          [&](const ByteSink& sink) { return reader.StreamRaw(stored, sink); };
    };
    const Endianness order = reader.header().endianness;
    if (entry.slices.empty()) {
      CAIRN_RETURN_IF_ERROR(
          writer.AddStored(it->key(), entry, order, bytes_of(entry)));
    }
    for (const TensorSlice& slice : entry.slices) {
      CAIRN_ASSIGN_OR_RETURN(
          const BundleEntry piece,
          reader.Lookup(EncodeTensorNameSlice(it->key(), slice)));
      CAIRN_RETURN_IF_ERROR(writer.AddStoredSlice(
          it->key(), entry.shape, slice, piece, order, bytes_of(piece)));
    }
  }
  return OkStatus();
}

TEST(RoundTrip, AnyBundleIsReadAsItWasWritten) {
  EXPECT_TRUE(rc::check([] {
    const bool big = *rc::gen::arbitrary<bool>();
    const Items items = AnyItems(!big);
    BundleWriterOptions options;
    options.endianness = big ? Endianness::kBig : Endianness::kLittle;
    options.data_alignment = *rc::gen::element<int64_t>(1, 3, 64);
    MemoryFileSystem fs;
    const Status written = Write(fs, "m", options, [&](BundleWriter& w) {
      for (const auto& [key, item] : items) {
        CAIRN_RETURN_IF_ERROR(AddItem(key, item, item.shard, w));
      }
      return OkStatus();
    });
    RC_ASSERT(written.ok());
    CheckBundle(fs, "m", items);

    // Into shards of another size, and the other byte order where there can be
    // one.
    bool has_variants = false;
    for (const auto& [key, item] : items) {
      has_variants |= item.tensor.dtype() == DataType::kVariant;
    }
    BundleWriterOptions other;
    other.max_shard_size = *rc::gen::element<int64_t>(0, 1, 100);
    if (!big && !has_variants) other.endianness = Endianness::kBig;
    auto reader = BundleReader::Open(fs, "m");
    const Status copied = Write(fs, "copy", other, [&](BundleWriter& w) {
      return CopyStored(**reader, w);
    });
    RC_ASSERT(copied.ok());
    CheckBundle(fs, "copy", items);
  }));
}

TEST(RoundTrip, AnyPartsMergeToWhatTheyAre) {
  EXPECT_TRUE(rc::check([] {
    const Items items = AnyItems(true);
    MemoryFileSystem fs;
    std::vector<std::string> parts;
    for (int32_t part = 0; part < 4; ++part) {
      parts.push_back(ShardedFilename("t/part", part, 4));
      const Status written = Write(fs, parts.back(), {}, [&](BundleWriter& w) {
        for (const auto& [key, item] : items) {
          if (item.shard != part) continue;
          CAIRN_RETURN_IF_ERROR(AddItem(key, item, 0, w));
        }
        return OkStatus();
      });
      RC_ASSERT(written.ok());
    }
    RC_ASSERT(MergeBundles(fs, parts, "m").ok());
    CheckBundle(fs, "m", items);
    for (const std::string& part : parts) {
      RC_ASSERT(!fs.Exists(IndexPath(part)));
    }
  }));
}

}  // namespace
}  // namespace cairn::bundle
