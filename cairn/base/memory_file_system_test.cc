// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/memory_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cairn/base/clock.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using ::testing::ElementsAre;
using Call = FaultFileSystem::Call;

void WriteNew(FileSystem& fs, const std::string& path,
              std::string_view contents) {
  auto file = fs.CreateNew(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(contents).ok());
  ASSERT_TRUE((*file)->Close().ok());
}

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(i * 131 + i / 251);
  return bytes;
}

std::set<std::map<std::string, std::string>> Images(const MemoryFileSystem& fs,
                                                    size_t operations,
                                                    int max_unsynced = 10) {
  std::set<std::map<std::string, std::string>> images;
  fs.CrashImages(operations, max_unsynced, [&](MemoryFileSystem& image) {
    EXPECT_TRUE(images.insert(image.Files()).second);
  });
  return images;
}

std::set<std::map<std::string, std::string>> Images(
    const MemoryFileSystem& fs) {
  return Images(fs, fs.log().size());
}

using Files = std::map<std::string, std::string>;

TEST(MemoryFileSystem, LogsWhatChangesAndNothingElse) {
  MemoryFileSystem fs;
  WriteNew(fs, "f", "x");
  EXPECT_EQ(*fs.ReadFile("f", 10), "x");
  ASSERT_TRUE(fs.Rename("f", "./g").ok());
  EXPECT_FALSE(fs.Rename("f", "h").ok());
  const auto log = fs.log();
  ASSERT_EQ(log.size(), 3u);
  using Kind = MemoryFileSystem::Operation::Kind;
  EXPECT_EQ(log[0].kind, Kind::kCreate);
  EXPECT_EQ(log[1].kind, Kind::kAppend);
  EXPECT_EQ(log[1].bytes, "x");
  EXPECT_EQ(log[2].kind, Kind::kRename);
  EXPECT_EQ(log[2].path, "f");
  EXPECT_EQ(log[2].path2, "g");
  EXPECT_EQ(log[0].file, log[2].file);
}

TEST(MemoryFileSystem, StampsFilesWithItsClock) {
  FakeClock clock(1000);
  MemoryFileSystem fs(&clock);
  WriteNew(fs, "f", "x");
  clock.Advance(5);
  fs.Put("g", "x");
  EXPECT_EQ(fs.Stat("f")->mtime, 1000);
  EXPECT_EQ(fs.Stat("g")->mtime, 1005);
}

TEST(CrashImages, ASyncedFileUnderASyncedNameIsSafe) {
  MemoryFileSystem fs;
  auto file = fs.CreateNew("f");
  ASSERT_TRUE((*file)->Append("x").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE(fs.SyncDirectory("").ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{{"f", "x"}}));
}

TEST(CrashImages, AnUnsyncedNameMayBeLostThoughTheFileWasSynced) {
  MemoryFileSystem fs;
  auto file = fs.CreateNew("f");
  ASSERT_TRUE((*file)->Append("x").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{}, Files{{"f", "x"}}));
}

TEST(CrashImages, UnsyncedContentsAreLostShortZeroOrTorn) {
  MemoryFileSystem fs;
  const std::string bytes = Pattern(1500);
  WriteNew(fs, "f", bytes);
  ASSERT_TRUE(fs.SyncDirectory(".").ok());
  const auto images = Images(fs);
  const auto has = [&](const std::string& contents) {
    return images.contains(Files{{"f", contents}});
  };
  EXPECT_TRUE(has(""));
  EXPECT_TRUE(has(bytes));
  EXPECT_TRUE(has(bytes.substr(0, 512)));
  EXPECT_TRUE(has(bytes.substr(0, 1499)));
  EXPECT_TRUE(has(std::string(1500, '\0')));
  EXPECT_TRUE(has(bytes.substr(0, 512) + std::string(988, '\0')));
  EXPECT_TRUE(has(std::string(512, '\0') + bytes.substr(512)));
  EXPECT_TRUE(has(bytes.substr(0, 1024) + std::string(476, '\0')));
  EXPECT_EQ(images.size(), 8u);
}

TEST(CrashImages, TheSyncedHeadOfAFileIsNeverTouched) {
  MemoryFileSystem fs;
  const std::string head = Pattern(700);
  auto file = fs.CreateNew("f");
  ASSERT_TRUE((*file)->Append(head).ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE(fs.SyncDirectory(".").ok());
  ASSERT_TRUE((*file)->Append(Pattern(2000)).ok());
  ASSERT_TRUE((*file)->Append("more").ok());
  const auto images = Images(fs);
  EXPECT_GT(images.size(), 5u);
  for (const Files& files : images) {
    EXPECT_TRUE(files.at("f").starts_with(head));
  }
}

TEST(CrashImages, UnsyncedNameChangesAreIndependent) {
  MemoryFileSystem fs;
  fs.Put("a", "1");
  fs.Put("b", "2");
  ASSERT_TRUE(fs.Rename("a", "c").ok());
  ASSERT_TRUE(fs.Remove("b").ok());
  EXPECT_THAT(Images(fs),
              ElementsAre(Files{{"a", "1"}}, Files{{"a", "1"}, {"b", "2"}},
                          Files{{"b", "2"}, {"c", "1"}}, Files{{"c", "1"}}));
  ASSERT_TRUE(fs.SyncDirectory("").ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{{"c", "1"}}));
}

TEST(CrashImages, ARenameOverAFileShowsOldOrNew) {
  MemoryFileSystem fs;
  fs.Put("d/f", "old");
  fs.Put("d/t", "new");
  ASSERT_TRUE(fs.Rename("d/t", "d/f").ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{{"d/f", "new"}},
                                      Files{{"d/f", "old"}, {"d/t", "new"}}));
}

TEST(CrashImages, ARenameBetweenDirectoriesNeedsBothSynced) {
  MemoryFileSystem fs;
  fs.Put("d/f", "x");
  fs.Put("e/g", "y");
  ASSERT_TRUE(fs.Rename("d/f", "e/f").ok());
  ASSERT_TRUE(fs.SyncDirectory("e").ok());
  EXPECT_EQ(Images(fs).size(), 2u);
  ASSERT_TRUE(fs.SyncDirectory("d").ok());
  EXPECT_EQ(Images(fs).size(), 1u);
}

TEST(CrashImages, AnUnsyncedDirectoryMayTakeItsSyncedContentsAlong) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  auto file = fs.CreateNew("d/f");
  ASSERT_TRUE((*file)->Append("x").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE(fs.SyncDirectory("d").ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{}, Files{{"d/f", "x"}}));
  ASSERT_TRUE(fs.SyncDirectory("").ok());
  EXPECT_THAT(Images(fs), ElementsAre(Files{{"d/f", "x"}}));
}

TEST(CrashImages, StopAtTheGivenOperation) {
  MemoryFileSystem fs;
  fs.Put("keep", "k");
  WriteNew(fs, "f", "x");
  EXPECT_THAT(Images(fs, 0), ElementsAre(Files{{"keep", "k"}}));
  EXPECT_THAT(Images(fs, 1), ElementsAre(Files{{"f", ""}, {"keep", "k"}},
                                         Files{{"keep", "k"}}));
}

TEST(CrashImages, AreFileSystemsOfTheirOwn) {
  MemoryFileSystem fs;
  fs.Put("f", "x");
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  const uint64_t count = fs.CrashImages(1, 4, [](MemoryFileSystem& image) {
    EXPECT_TRUE(image.log().empty());
    ASSERT_TRUE(image.Remove("f").ok());
    WriteNew(image, "new", "y");
    EXPECT_EQ(image.log().size(), 3u);
  });
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(fs.Files(), (Files{{"f", "x"}}));
}

TEST(CrashImages, AreSampledBeyondTheLimit) {
  MemoryFileSystem fs;
  for (int i = 0; i < 12; ++i) WriteNew(fs, StrCat("f", i), "");
  EXPECT_EQ(Images(fs, 12, 12).size(), 4096u);
  const auto sampled = Images(fs, 12, 2);
  EXPECT_LT(sampled.size(), 60u);
  EXPECT_TRUE(sampled.contains(Files{}));
  EXPECT_TRUE(sampled.contains(fs.Files()));
  for (int i = 0; i < 12; ++i) {
    Files all_but_one = fs.Files();
    all_but_one.erase(StrCat("f", i));
    EXPECT_TRUE(sampled.contains(all_but_one)) << i;
    EXPECT_TRUE(sampled.contains(Files{{StrCat("f", i), ""}})) << i;
  }
}

TEST(MemoryFileSystem, ClearLogMakesEverythingDurable) {
  MemoryFileSystem fs;
  WriteNew(fs, "f", "x");
  fs.ClearLog();
  EXPECT_THAT(Images(fs), ElementsAre(Files{{"f", "x"}}));
}

TEST(FaultFileSystem, FailsTheChosenCallOnce) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  fs.FailCall(1, ResourceExhaustedError("full"));
  EXPECT_TRUE(fs.CreateDirectory("a").ok());
  EXPECT_FALSE(fs.fired());
  EXPECT_TRUE(absl::IsResourceExhausted(fs.CreateDirectory("b")));
  EXPECT_TRUE(fs.fired());
  EXPECT_TRUE(fs.CreateDirectory("c").ok());
  EXPECT_EQ(fs.calls(), 3);
  EXPECT_THAT(*memory.List(""), ElementsAre("a", "c"));
}

TEST(FaultFileSystem, KeepsFailingWhenSticky) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  fs.FailCall(1, UnavailableError("dead"),
              FaultFileSystem::Persistence::kSticky);
  EXPECT_TRUE(fs.CreateDirectory("a").ok());
  EXPECT_TRUE(absl::IsUnavailable(fs.CreateDirectory("b")));
  EXPECT_TRUE(absl::IsUnavailable(fs.Stat("a").status()));
  fs.Clear();
  EXPECT_TRUE(fs.Stat("a").ok());
  EXPECT_EQ(fs.calls(), 1);
}

TEST(FaultFileSystem, CountsAndFailsByKind) {
  MemoryFileSystem memory;
  memory.Put("f", "0123");
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(Call::kReadAt, 1, UnavailableError("bad sector"));
  const auto file = fs.OpenForReading("f");
  char out[4];
  EXPECT_TRUE((*file)->ReadAt(0, 4, out).ok());
  EXPECT_TRUE(absl::IsUnavailable((*file)->ReadAt(0, 4, out)));
  EXPECT_TRUE((*file)->ReadAt(0, 4, out).ok());
  EXPECT_EQ(fs.calls(Call::kReadAt), 3);
  EXPECT_EQ(fs.calls(Call::kOpenForReading), 1);
  EXPECT_EQ(fs.calls(), 4);
}

TEST(FaultFileSystem, AFailedAppendWritesHalf) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  auto file = fs.CreateNew("f");
  fs.FailCall(0, ResourceExhaustedError("full"));
  EXPECT_FALSE((*file)->Append("0123").ok());
  EXPECT_EQ(memory.Files().at("f"), "01");
}

TEST(MemoryFileSystem, ALinkIsASecondNameOfOneFile) {
  MemoryFileSystem fs;
  fs.Put("d/a", "bytes");
  ASSERT_TRUE(fs.CreateDirectory("e").ok());
  ASSERT_TRUE(fs.Link("d/a", "e/b").ok());
  EXPECT_EQ(fs.Stat("d/a")->id, fs.Stat("e/b")->id);
  EXPECT_TRUE(absl::IsAlreadyExists(fs.Link("d/a", "e/b")));
  EXPECT_TRUE(absl::IsNotFound(fs.Link("d/none", "e/c")));
  EXPECT_TRUE(absl::IsNotFound(fs.Link("d/a", "none/c")));
  EXPECT_TRUE(absl::IsInvalidArgument(fs.Link("d", "e/c")));
  // As POSIX has it: renaming a name over another of the same file does
  // nothing.
  ASSERT_TRUE(fs.Rename("d/a", "e/b").ok());
  ASSERT_TRUE(fs.Remove("d/a").ok());
  EXPECT_EQ(fs.Files(), (std::map<std::string, std::string>{{"e/b", "bytes"}}));
}

TEST(MemoryFileSystem, ALinkIsLostOrKeptByAPowerCut) {
  MemoryFileSystem fs;
  fs.Put("d/a", "bytes");
  ASSERT_TRUE(fs.Link("d/a", "d/b").ok());
  std::set<size_t> counts;
  fs.CrashImages(1, 4, [&](MemoryFileSystem& image) {
    for (const auto& [path, contents] : image.Files()) {
      EXPECT_EQ(contents, "bytes");
    }
    counts.insert(image.Files().size());
  });
  EXPECT_EQ(counts, (std::set<size_t>{1, 2}));
  ASSERT_TRUE(fs.SyncDirectory("d").ok());
  EXPECT_EQ(fs.CrashImages(2, 4, [](MemoryFileSystem&) {}), 1u);
}

TEST(MemoryFileSystem, ACloneIsAFileOfItsOwn) {
  MemoryFileSystem fs;
  fs.Put("d/a", "bytes");
  fs.Put("d/empty", "");
  ASSERT_TRUE(fs.Clone("d/a", "d/b").ok());
  ASSERT_TRUE(fs.Clone("d/empty", "d/c").ok());
  EXPECT_NE(fs.Stat("d/a")->id, fs.Stat("d/b")->id);
  EXPECT_TRUE(absl::IsAlreadyExists(fs.Clone("d/a", "d/b")));
  EXPECT_TRUE(absl::IsNotFound(fs.Clone("d/none", "d/x")));
  EXPECT_TRUE(absl::IsNotFound(fs.Clone("d/a", "none/x")));
  EXPECT_TRUE(absl::IsInvalidArgument(fs.Clone("d", "d/x")));
  fs.Put("d/a", "other");
  ASSERT_TRUE(fs.Remove("d/empty").ok());
  EXPECT_EQ(fs.Files(), (std::map<std::string, std::string>{
                            {"d/a", "other"}, {"d/b", "bytes"}, {"d/c", ""}}));
}

TEST(MemoryFileSystem, APowerCutMayTearAClone) {
  MemoryFileSystem fs;
  fs.Put("d/a", "bytes");
  ASSERT_TRUE(fs.Clone("d/a", "d/b").ok());
  std::set<std::string> seen;
  const auto look = [&](MemoryFileSystem& image) {
    if (image.Exists("d/b")) seen.insert(image.Files().at("d/b"));
    EXPECT_EQ(image.Files().at("d/a"), "bytes");
  };
  fs.CrashImages(fs.log().size(), 4, look);
  EXPECT_TRUE(seen.contains("bytes"));
  EXPECT_GT(seen.size(), 2u);
  seen.clear();
  ASSERT_TRUE(fs.SyncFile("d/b").ok());
  fs.CrashImages(fs.log().size(), 4, look);
  EXPECT_EQ(seen, (std::set<std::string>{"bytes"}));
}

TEST(MemoryFileSystem, SyncFileMakesAnothersBytesDurable) {
  MemoryFileSystem fs;
  fs.Put("d/x", "");
  auto file = fs.CreateNew("d/a");
  ASSERT_TRUE((*file)->Append("bytes").ok());
  ASSERT_TRUE(fs.SyncDirectory("d").ok());
  EXPECT_GT(fs.CrashImages(fs.log().size(), 4, [](auto&) {}), 1u);
  ASSERT_TRUE(fs.SyncFile("d/a").ok());
  EXPECT_EQ(fs.CrashImages(fs.log().size(), 4, [](auto&) {}), 1u);
  EXPECT_TRUE(absl::IsNotFound(fs.SyncFile("d/none")));
  EXPECT_TRUE(absl::IsInvalidArgument(fs.SyncFile("d")));
}

TEST(FaultFileSystem, MeetsEveryKindOfCall) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  auto out = fs.CreateNew("d/f");
  ASSERT_TRUE((*out)->Append("x").ok());
  ASSERT_TRUE((*out)->Sync().ok());
  ASSERT_TRUE((*out)->Close().ok());
  char byte;
  ASSERT_TRUE((*fs.OpenForReading("d/f"))->ReadAt(0, 1, &byte).ok());
  ASSERT_TRUE(fs.Rename("d/f", "d/g").ok());
  ASSERT_TRUE(fs.SyncDirectory("d").ok());
  ASSERT_TRUE(fs.List("d").ok());
  ASSERT_TRUE(fs.Stat("d").ok());
  ASSERT_TRUE(fs.Lock("lock", "me").ok());
  ASSERT_TRUE(fs.Remove("d/g").ok());
  ASSERT_TRUE(fs.Link("lock", "lock2").ok());
  ASSERT_TRUE(fs.Clone("lock", "lock3").ok());
  ASSERT_TRUE(fs.RemoveDirectory("d").ok());
  for (int kind = 0; kind <= static_cast<int>(Call::kLock); ++kind) {
    EXPECT_EQ(fs.calls(static_cast<Call>(kind)), 1) << kind;
  }
}

}  // namespace
}  // namespace cairn
