// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// String and variant tensors into a data file: out of memory, or as another
// bundle stores them. Their layout: stored_strings.h.
#ifndef CAIRN_BUNDLE_STRING_WRITING_H_
#define CAIRN_BUNDLE_STRING_WRITING_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/status.h"
#include "cairn/bundle/entry.h"
#include "cairn/tensor/dtype.h"

namespace cairn::bundle {

// Bytes that the elements take in a data file.
uint64_t StoredSize(DataType dtype, std::span<const std::string> strings);

// Writes the elements to `sink` in pieces and returns the entry's checksum
// (unmasked). `dtype` is kString or kVariant; Unimplemented for big-endian
// variants.
StatusOr<uint32_t> WriteStrings(
    DataType dtype, std::span<const std::string> strings,
    const std::function<Status(std::string_view)>& sink,
    Endianness endianness = Endianness::kLittle);

// Takes the stored bytes of a string or variant tensor in pieces of any size,
// checks them, and gives them on in another byte order. Constant memory.
//
// What hostile bytes can do, and the check: a length that is no varint, or
// whose sum with the others wraps or is more than the entry's bytes (TakeByte);
// checksums that do not match (FinishChecksum); bytes left over or missing
// (Append, Finish).
class StringTranscoder {
 public:
  using Sink = std::function<Status(std::string_view)>;

  // `entry`'s dtype, shape and size count; it has passed DecodeEntry, so its
  // size has room for the lengths.
  StringTranscoder(const BundleEntry& entry, Endianness source,
                   Endianness target, Sink sink);

  Status Append(std::string_view bytes);
  // DataLoss unless all bytes came.
  Status Finish();
  // Checksums (unmasked) of what came and of what was given on.
  uint32_t source_crc() const { return source_crc_; }
  uint32_t target_crc() const { return target_crc_; }

 private:
  enum class Part { kLengths, kChecksum, kBytes, kDone };

  Status TakeLengthByte(char byte);
  Status FinishLength();
  Status FinishChecksum();
  Status Give(std::string_view bytes);
  void ExtendBoth(std::string_view bytes);

  const DataType dtype_;
  const uint64_t count_;
  uint64_t left_;  // bytes of the entry still to come
  const Endianness source_;
  const Endianness target_;
  const Sink sink_;

  Part part_ = Part::kLengths;
  uint64_t index_ = 0;   // element whose length comes next
  uint64_t length_ = 0;  // as far as its varint was read
  int shift_ = 0;
  std::string varints_;   // to be given on
  uint64_t to_copy_ = 0;  // bytes until the next length or the end
  std::string checksum_;  // as far as it was read
  uint32_t source_crc_ = 0;
  uint32_t target_crc_ = 0;
};

}  // namespace cairn::bundle

#endif  // CAIRN_BUNDLE_STRING_WRITING_H_
