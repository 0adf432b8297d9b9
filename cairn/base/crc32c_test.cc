// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

struct Vector {
  std::string bytes;
  uint32_t crc;
  uint32_t masked;
  const char* stored;
};

std::string Ramp(int from, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(from + i * step);
  return bytes;
}

// RFC 3720, B.4, and the checkpoint formats' own.
std::vector<Vector> Vectors() {
  return {
      {"", 0x00000000, 0xa282ead8, "d8ea82a2"},
      {"a", 0xc1d04330, 0x28e46e78, "786ee428"},
      {"123456789", 0xe3069283, 0xc78ab0e5, "e5b08ac7"},
      {std::string(4, '\0'), 0x48674bc7, 0x3a117ba6, "a67b113a"},
      {std::string(32, '\0'), 0x8a9136aa, 0x0fd7fffa, "faffd70f"},
      {std::string(32, '\xff'), 0x62a8ab43, 0xf909b029, "29b009f9"},
      {Ramp(0, 1), 0x46dd794e, 0x951f7892, "92781f95"},
      {Ramp(31, -1), 0x113fdb5c, 0x593b0d57, "570d3b59"},
  };
}

std::string IscsiReadCommand() {
  // RFC 3720, B.4: an iSCSI SCSI Read (10) command PDU.
  std::string pdu(48, '\0');
  pdu[0] = '\x01';
  pdu[1] = '\xc0';
  pdu[16] = '\x14';
  pdu[22] = '\x04';
  pdu[27] = '\x14';
  pdu[31] = '\x18';
  pdu[32] = '\x28';
  pdu[40] = '\x02';
  return pdu;
}

std::string RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// One bit at a time, from the definition.
uint32_t Reference(std::string_view bytes) {
  uint32_t remainder = 0xffffffffu;
  for (const char c : bytes) {
    remainder ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) ? 0x82f63b78u : 0);
    }
  }
  return ~remainder;
}

TEST(Crc32c, EveryVariantMatchesThePublishedVectors) {
  for (const Crc32cVariant& variant : Crc32cVariants()) {
    SCOPED_TRACE(variant.name);
    for (const Vector& v : Vectors()) {
      EXPECT_EQ(variant.extend(0, v.bytes.data(), v.bytes.size()), v.crc)
          << HexBytes(v.bytes);
    }
    const std::string pdu = IscsiReadCommand();
    EXPECT_EQ(variant.extend(0, pdu.data(), pdu.size()), 0xd9963a56u);
  }
}

TEST(Crc32c, EveryVariantMatchesTheDefinitionForEveryLengthAndAlignment) {
  const std::string bytes = RandomBytes(1200, 1);
  for (const Crc32cVariant& variant : Crc32cVariants()) {
    SCOPED_TRACE(variant.name);
    for (size_t offset = 0; offset < 17; ++offset) {
      for (size_t size = 0; size < 150; ++size) {
        const std::string_view piece(bytes.data() + offset, size);
        ASSERT_EQ(variant.extend(0, piece.data(), size), Reference(piece))
            << offset << "+" << size;
      }
    }
    for (size_t size = 150; size <= bytes.size(); size += 7) {
      ASSERT_EQ(variant.extend(0, bytes.data(), size),
                Reference(std::string_view(bytes).substr(0, size)));
    }
  }
}

TEST(Crc32c, VariantsAgreeOnLongRandomPiecesContinuedFromRandomValues) {
  const std::string bytes = RandomBytes(size_t{1} << 20, 2);
  std::mt19937 random(3);
  for (int i = 0; i < 50; ++i) {
    const size_t begin = random() % 4096;
    const size_t size = random() % (bytes.size() - begin);
    const uint32_t start = random();
    const uint32_t expected =
        Crc32cVariants().back().extend(start, bytes.data() + begin, size);
    for (const Crc32cVariant& variant : Crc32cVariants()) {
      ASSERT_EQ(variant.extend(start, bytes.data() + begin, size), expected)
          << variant.name;
    }
  }
}

TEST(Crc32c, PortableIsAlwaysThereAndFastestIsUsed) {
  ASSERT_FALSE(Crc32cVariants().empty());
  EXPECT_STREQ(Crc32cVariants().back().name, "portable");
  const std::string bytes = RandomBytes(1000, 4);
  EXPECT_EQ(Crc32c(bytes),
            Crc32cVariants().front().extend(0, bytes.data(), bytes.size()));
}

TEST(Crc32c, ExtendContinuesAtEverySplit) {
  const std::string bytes = RandomBytes(100, 5);
  const uint32_t whole = Crc32c(bytes);
  for (size_t split = 0; split <= bytes.size(); ++split) {
    const std::string_view view = bytes;
    EXPECT_EQ(ExtendCrc32c(Crc32c(view.substr(0, split)), view.substr(split)),
              whole);
  }
}

TEST(CombineCrc32c, EqualsTheChecksumOfTheConcatenation) {
  const std::string bytes = RandomBytes(5000, 6);
  const std::string_view view = bytes;
  const uint32_t whole = Crc32c(bytes);
  for (size_t split = 0; split <= bytes.size(); split += 13) {
    EXPECT_EQ(CombineCrc32c(Crc32c(view.substr(0, split)),
                            Crc32c(view.substr(split)), bytes.size() - split),
              whole)
        << split;
  }
  EXPECT_EQ(CombineCrc32c(whole, Crc32c(""), 0), whole);
  EXPECT_EQ(CombineCrc32c(Crc32c(""), whole, bytes.size()), whole);
}

TEST(CombineCrc32c, IsAssociativeForLengthsBeyondFourGigabytes) {
  // No buffer of that size is needed: (a + b) + c == a + (b + c).
  const uint64_t length_b = (uint64_t{1} << 40) + 12345;
  const uint64_t length_c = (uint64_t{1} << 33) + 7;
  const uint32_t a = 0x12345678, b = 0x9abcdef0, c = 0x0f1e2d3c;
  EXPECT_EQ(
      CombineCrc32c(CombineCrc32c(a, b, length_b), c, length_c),
      CombineCrc32c(a, CombineCrc32c(b, c, length_c), length_b + length_c));
}

TEST(MaskCrc32c, MatchesTheStoredBytesAndIsUndone) {
  for (const Vector& v : Vectors()) {
    EXPECT_EQ(MaskCrc32c(v.crc), v.masked);
    EXPECT_EQ(UnmaskCrc32c(v.masked), v.crc);
    std::string stored;
    PutFixed32(stored, MaskCrc32c(v.crc));
    EXPECT_EQ(HexBytes(stored), v.stored);
  }
}

}  // namespace
}  // namespace cairn
