// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/test_many_names.h"

namespace cairn::bundle {
namespace {

using ::testing::HasSubstr;

TEST(Claims, AreBoundedByTheFilesThatAreThere) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteManyNames(fs, "few", 10).ok());
  ASSERT_TRUE(WriteManyNames(fs, "many", 400).ok());
  const auto few = *BundleReader::Open(fs, "few");
  EXPECT_TRUE(CheckClaims(*few).ok());
  EXPECT_EQ(CountClaims(*few)->claimed, 10u * kManyNamesBytes);
  // The first data file is empty.
  EXPECT_EQ(CountClaims(*few)->stored, kManyNamesBytes + few->index_size());

  const auto many = *BundleReader::Open(fs, "many");
  const Status status = CheckClaims(*many);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Message(status),
              HasSubstr("many.index: its entries claim 6553600 bytes"));
}

TEST(Claims, AreNoneOnBytesThatAreMissing) {
  MemoryFileSystem fs;
  ASSERT_TRUE(WriteManyNames(fs, "m", 400).ok());
  const std::string path = "m.data-00001-of-00002";
  fs.Put(path, fs.Files()[path].substr(1));
  EXPECT_EQ(CountClaims(**BundleReader::Open(fs, "m"))->claimed, 0u);
  ASSERT_TRUE(fs.Remove(path).ok());
  const auto reader = *BundleReader::Open(fs, "m");
  EXPECT_EQ(CountClaims(*reader)->claimed, 0u);
  EXPECT_EQ(CountClaims(*reader)->stored, reader->index_size());
  EXPECT_TRUE(CheckClaims(*reader).ok());
}

}  // namespace
}  // namespace cairn::bundle
