// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an index header, an index entry, a slice key, a slice's text.
// What decodes is encoded as bytes that decode to the same and stay the same; a
// slice key has one encoding only.
#include "cairn/bundle/entry.h"
#include "fuzz/target.h"
#include "fuzz/wire_mutator.h"

namespace cairn::fuzz {
namespace {

using namespace bundle;

Status TryHeader(std::string_view input) {
  const auto header = DecodeHeader(input);
  if (!header.ok()) return header.status();
  Require(header->num_shards >= 0 && header->num_shards <= kMaxShards);
  const std::string encoded = EncodeHeader(*header);
  const auto again = DecodeHeader(encoded);
  Require(again.ok() && EncodeHeader(*again) == encoded);
  Require(again->bad_consumers == header->bad_consumers);
  return OkStatus();
}

Status TryEntry(std::string_view input) {
  const auto entry = DecodeEntry(input);
  if (!entry.ok()) return entry.status();
  Require(entry->offset >= 0 && entry->size >= 0 && entry->shard_id >= 0);
  Require(entry->offset + entry->size >= 0);
  Require(FindDataType(static_cast<int32_t>(entry->dtype)) != nullptr);
  for (const TensorSlice& slice : entry->slices) {
    Require(slice.Apply(entry->shape).ok());
  }
  const std::string encoded = EncodeEntry(*entry);
  const auto again = DecodeEntry(encoded);
  Require(again.ok() && EncodeEntry(*again) == encoded);
  Require(again->shape == entry->shape && again->slices == entry->slices);
  return OkStatus();
}

void TrySliceKey(std::string_view input) {
  const auto decoded = DecodeTensorNameSlice(input);
  Require(decoded.ok() == IsSliceKey(input));
  if (!decoded.ok()) return;
  Require(EncodeTensorNameSlice(decoded->name, decoded->slice) == input);
}

void TrySliceText(std::string_view input) {
  const auto slice = TensorSlice::Parse(input);
  if (!slice.ok()) return;
  const auto again = TensorSlice::Parse(slice->ToString());
  Require(again.ok() && *again == *slice);
  const std::string key = EncodeTensorNameSlice(input, *slice);
  const auto decoded = DecodeTensorNameSlice(key);
  Require(decoded.ok() && decoded->name == input && decoded->slice == *slice);
}

// The first byte chooses.
Status Run(std::string_view input) {
  if (input.empty()) return OkStatus();
  const auto kind = static_cast<uint8_t>(input[0]) % 4;
  input.remove_prefix(1);
  if (kind == 0) return TryHeader(input);
  if (kind == 1) return TryEntry(input);
  if (kind == 2) TrySliceKey(input);
  if (kind == 3) TrySliceText(input);
  return OkStatus();
}

void Mutate(std::string& input, size_t max, uint32_t seed, ByteMutator bytes) {
  SmallRandom random(seed);
  if (input.empty() || input[0] % 4 > 1 || random.OneIn(2)) {
    return MutateText(input, max, bytes);
  }
  std::string message = input.substr(1);
  MutateWire(message, random, bytes);
  input = input[0] + message;
}

}  // namespace

const Target kEntryTarget = {"entry", Run, Mutate};

}  // namespace cairn::fuzz
