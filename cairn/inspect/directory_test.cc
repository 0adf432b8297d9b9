// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/memory_file_system.h"

namespace cairn::inspect {
namespace {

using ::testing::ElementsAre;

const std::string kTable =
    std::string(40, '\0') + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";

TEST(LocateAll, FindsEveryCheckpointOfEitherFormatOnce) {
  MemoryFileSystem fs;
  for (const char* name :
       {"d/c-10.index", "d/c-9.index", "d/c-9.data-00000-of-00001", "d/old",
        "d/m-00000-of-00002", "d/m-00001-of-00002", "d/m-00001-of-00003",
        "d/n.index.cairn-tmp-0123456789abcdef", "d/o.tempstate12345",
        "d/sub/inside"}) {
    fs.Put(name, kTable);
  }
  fs.Put("d/notes.txt", "hello");
  fs.Put("d/old.meta", kTable.substr(1));
  fs.Put("d/checkpoint", "model_checkpoint_path: \"c-9\"\n");
  const auto all = LocateAll(fs, "d");
  ASSERT_TRUE(all.ok()) << all.status();
  std::vector<std::string> bundles, v1;
  for (const Target& target : *all) {
    (target.kind == TargetKind::kBundle ? bundles : v1).push_back(target.path);
  }
  EXPECT_THAT(bundles, ElementsAre("d/c-9", "d/c-10"));
  EXPECT_THAT(v1, ElementsAre("d/m-\?\?\?\?\?-of-00002",
                              "d/m-\?\?\?\?\?-of-00003", "d/old"));
  EXPECT_TRUE(absl::IsNotFound(LocateAll(fs, "nowhere").status()));
}

TEST(PrefixOfFileName, TakesIndexAndDataFilesOnly) {
  EXPECT_EQ(PrefixOfFileName("d/m.index"), "d/m");
  EXPECT_EQ(PrefixOfFileName("d/m.data-00000-of-00001"), "d/m");
  for (const char* other : {"m", ".index", "m.meta", "m.data-0-of-", ""}) {
    EXPECT_EQ(PrefixOfFileName(other), "") << other;
  }
}

}  // namespace
}  // namespace cairn::inspect
