// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/wire_mutator.h"

#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"

namespace cairn::fuzz {
namespace {

constexpr int kMaxDepth = 12;

struct Field {
  uint32_t number = 0;
  uint32_t type = 0;  // of the wire
  uint64_t value = 0;
  std::string bytes;
};

bool ReadField(Cursor& in, Field* field) {
  uint32_t tag;
  if (!in.ReadVarint32(&tag)) return false;
  field->number = tag >> 3;
  field->type = tag & 7;
  uint32_t narrow = 0;
  std::string_view bytes;
  switch (field->type) {
    case 0:
      return in.ReadVarint64(&field->value);
    case 1:
      return in.ReadFixed64(&field->value);
    case 2:
      if (!in.ReadLengthPrefixed(&bytes)) return false;
      field->bytes = bytes;
      return true;
    case 5:
      if (!in.ReadFixed32(&narrow)) return false;
      field->value = narrow;
      return true;
    default:
      return false;
  }
}

bool ReadFields(std::string_view message, std::vector<Field>* fields) {
  Cursor in(message);
  while (!in.empty()) {
    Field field;
    if (!ReadField(in, &field)) return false;
    fields->push_back(std::move(field));
  }
  return true;
}

void AppendField(std::string& out, const Field& field) {
  PutVarint(out, uint64_t{field.number} << 3 | field.type);
  switch (field.type) {
    case 0:
      PutVarint(out, field.value);
      break;
    case 1:
      PutFixed64(out, field.value);
      break;
    case 2:
      PutVarint(out, field.bytes.size());
      out += field.bytes;
      break;
    default:
      PutFixed32(out, static_cast<uint32_t>(field.value));
  }
}

Field NewField(SmallRandom& random) {
  static constexpr uint32_t kTypes[] = {0, 0, 2, 2, 5, 1};
  Field field;
  field.number = static_cast<uint32_t>(1 + random.Below(12));
  field.type = kTypes[random.Below(6)];
  field.value = InterestingNumber(random);
  return field;
}

void Mutate(std::string& message, SmallRandom& random, ByteMutator bytes,
            int depth);

void ChangeField(Field& field, SmallRandom& random, ByteMutator bytes,
                 int depth) {
  if (random.OneIn(16)) {
    field.number = static_cast<uint32_t>(random.Below(16));
  } else if (random.OneIn(16)) {
    field.type = NewField(random).type;
  } else if (field.type == 2) {
    Mutate(field.bytes, random, bytes, depth + 1);
  } else if (random.OneIn(2)) {
    field.value = InterestingNumber(random);
  } else {
    field.value += random.Below(9) - 4;
  }
}

void Mutate(std::string& message, SmallRandom& random, ByteMutator bytes,
            int depth) {
  std::vector<Field> fields;
  if (depth > kMaxDepth || random.OneIn(8) || !ReadFields(message, &fields)) {
    MutateText(message, message.size() + 16, bytes);
    return;
  }
  const size_t at = random.Below(fields.size());
  const auto here = fields.begin() + static_cast<ptrdiff_t>(at);
  const size_t action = fields.empty() ? 0 : random.Below(12);
  if (action == 0) {
    fields.insert(here, NewField(random));
  } else if (action == 1) {
    fields.erase(here);
  } else if (action == 2) {
    Field copy = *here;
    fields.push_back(std::move(copy));
  } else if (action == 3) {
    std::swap(*here, fields[random.Below(fields.size())]);
  } else {
    ChangeField(*here, random, bytes, depth);
  }
  message.clear();
  for (const Field& field : fields) AppendField(message, field);
}

}  // namespace

uint64_t InterestingNumber(SmallRandom& random) {
  if (random.OneIn(3)) return random.Below(34);
  static constexpr int kBits[] = {7, 8, 15, 16, 31, 32, 40, 62, 63, 64};
  const int bits = kBits[random.Below(10)];
  const uint64_t power = bits == 64 ? 0 : uint64_t{1} << bits;
  return power + random.Below(3) - 1;
}

void MutateWire(std::string& message, SmallRandom& random, ByteMutator bytes) {
  Mutate(message, random, bytes, 0);
}

void MutateMessage(std::string& input, size_t max, uint32_t seed,
                   ByteMutator bytes) {
  SmallRandom random(seed);
  if (random.OneIn(2)) return MutateText(input, max, bytes);
  MutateWire(input, random, bytes);
}

}  // namespace cairn::fuzz
