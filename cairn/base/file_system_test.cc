// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "cairn/base/clock.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A directory of its own on the local disk, gone at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = ::testing::TempDir() + "/cairn_base_XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchDirectory() { RemoveTree(path_); }
  const std::string& path() const { return path_; }

 private:
  static void RemoveTree(const std::string& path) {
    FileSystem& fs = LocalFileSystem();
    if (fs.Remove(path).ok()) return;
    const auto names = fs.List(path);
    if (!names.ok()) return;
    for (const std::string& name : *names) RemoveTree(JoinPath(path, name));
    fs.RemoveDirectory(path).IgnoreError();
  }

  std::string path_;
};

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

// --- what every file system must do ---

enum class Store { kMemory, kLocal, kFault };

class FileSystemConformance : public ::testing::TestWithParam<Store> {
 protected:
  FileSystem& fs() {
    switch (GetParam()) {
      case Store::kMemory:
        return memory_;
      case Store::kLocal:
        return LocalFileSystem();
      default:
        return fault_;
    }
  }

  void SetUp() override {
    if (GetParam() == Store::kLocal) {
      root_ = scratch_.path();
    } else {
      ASSERT_TRUE(memory_.CreateDirectory("/root").ok());
      root_ = "/root";
    }
  }

  std::string Path(std::string_view name) { return JoinPath(root_, name); }
  void Write(std::string_view name, std::string_view contents) {
    WriteNew(fs(), Path(name), contents);
  }
  std::string Read(std::string_view name) {
    const auto contents = fs().ReadFile(Path(name), uint64_t{1} << 30);
    return contents.ok() ? *contents : StrCat("! ", Message(contents.status()));
  }
  std::vector<std::string> Names() { return *fs().List(root_); }

  ScratchDirectory scratch_;
  MemoryFileSystem memory_;
  FaultFileSystem fault_{memory_};
  std::string root_;
};

TEST_P(FileSystemConformance, ReadsBackWhatWasAppended) {
  auto file = fs().CreateNew(Path("f"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->path(), Path("f"));
  std::string expected;
  // Around the write buffer's size, and beyond it at once.
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{5000}, (size_t{1} << 20) - 1,
        size_t{3} << 20, size_t{7}, size_t{1} << 20, size_t{1}}) {
    const std::string piece = Pattern(size);
    ASSERT_TRUE((*file)->Append(piece).ok());
    expected += piece;
  }
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE((*file)->Append("tail").ok());
  ASSERT_TRUE((*file)->Close().ok());
  EXPECT_TRUE(Read("f") == expected + "tail");
}

TEST_P(FileSystemConformance, RefusesToUseAClosedFile) {
  auto file = fs().CreateNew(Path("f"));
  ASSERT_TRUE((*file)->Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*file)->Append("x")));
  EXPECT_TRUE(absl::IsFailedPrecondition((*file)->Sync()));
  EXPECT_TRUE(absl::IsFailedPrecondition((*file)->Close()));
}

TEST_P(FileSystemConformance, CreateNewRefusesATakenNameAndAMissingDirectory) {
  Write("f", "old");
  ASSERT_TRUE(fs().CreateDirectory(Path("d")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateNew(Path("f")).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateNew(Path("d")).status()));
  EXPECT_TRUE(absl::IsNotFound(fs().CreateNew(Path("none/f")).status()));
  EXPECT_TRUE(absl::IsNotFound(fs().CreateNew(Path("f/f")).status()));
  EXPECT_EQ(Read("f"), "old");
}

TEST_P(FileSystemConformance, OpenForReadingTellsAbsentFromDirectory) {
  Write("f", "x");
  EXPECT_TRUE(absl::IsNotFound(fs().OpenForReading(Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(fs().OpenForReading(Path("f/none")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().OpenForReading(root_).status()));
}

TEST_P(FileSystemConformance, ErrorsNameThePath) {
  EXPECT_THAT(Message(fs().OpenForReading(Path("none")).status()),
              HasSubstr(Path("none")));
  EXPECT_THAT(Message(fs().Rename(Path("none"), Path("to"))),
              HasSubstr(Path("none")));
  EXPECT_THAT(Message(fs().Remove(Path("none"))), HasSubstr(Path("none")));
  EXPECT_THAT(Message(fs().List(Path("none")).status()),
              HasSubstr(Path("none")));
}

TEST_P(FileSystemConformance, ReadAtReadsExactlyOrFails) {
  Write("f", "0123456789");
  const auto file = fs().OpenForReading(Path("f"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 10u);
  char out[10] = {};
  EXPECT_TRUE((*file)->ReadAt(3, 4, out).ok());
  EXPECT_EQ(std::string_view(out, 4), "3456");
  EXPECT_TRUE((*file)->ReadAt(0, 10, out).ok());
  EXPECT_TRUE((*file)->ReadAt(10, 0, out).ok());
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(10, 1, out)));
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(9, 2, out)));
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(11, 0, out)));
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(~uint64_t{0}, 2, out)));
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(1, ~size_t{0}, out)));
}

TEST_P(FileSystemConformance, MappedIsTheWholeFileOrNothing) {
  const std::string contents = Pattern(10000);
  Write("f", contents);
  Write("empty", "");
  const auto file = fs().OpenForReading(Path("f"));
  const auto empty = fs().OpenForReading(Path("empty"));
  const auto mapped = (*file)->Mapped();
  EXPECT_EQ(mapped.has_value(), GetParam() != Store::kFault);
  if (mapped) {
    EXPECT_TRUE(*mapped == contents);
    EXPECT_EQ((*empty)->Mapped()->size(), 0u);
  }
}

TEST_P(FileSystemConformance, AnOpenFileOutlivesItsNameAndASuccessor) {
  Write("f", "old");
  Write("g", "new");
  const auto file = fs().OpenForReading(Path("f"));
  const uint64_t id = (*file)->id();
  EXPECT_EQ(fs().Stat(Path("f"))->id, id);
  ASSERT_TRUE(fs().Rename(Path("g"), Path("f")).ok());
  EXPECT_NE(fs().Stat(Path("f"))->id, id);
  ASSERT_TRUE(fs().Remove(Path("f")).ok());
  char out[3];
  ASSERT_TRUE((*file)->ReadAt(0, 3, out).ok());
  EXPECT_EQ(std::string_view(out, 3), "old");
}

TEST_P(FileSystemConformance, IdChangesWhenAFileIsRemovedAndMadeAgain) {
  Write("f", "1");
  const uint64_t id = fs().Stat(Path("f"))->id;
  EXPECT_EQ(fs().Stat(Path("f"))->id, id);
  ASSERT_TRUE(fs().Remove(Path("f")).ok());
  usleep(20000);  // a file time has the grain of a clock tick
  Write("f", "2");
  EXPECT_NE(fs().Stat(Path("f"))->id, id);
}

TEST_P(FileSystemConformance, RenameReplacesAFile) {
  Write("from", "new");
  Write("to", "old");
  ASSERT_TRUE(fs().Rename(Path("from"), Path("to")).ok());
  EXPECT_EQ(Read("to"), "new");
  EXPECT_THAT(Names(), ElementsAre("to"));
  ASSERT_TRUE(fs().Rename(Path("to"), Path("to")).ok());
  EXPECT_EQ(Read("to"), "new");
}

TEST_P(FileSystemConformance, RenameRefusesWhatCannotBe) {
  Write("f", "x");
  ASSERT_TRUE(fs().CreateDirectory(Path("d")).ok());
  ASSERT_TRUE(fs().CreateDirectory(Path("full")).ok());
  Write("full/x", "");
  EXPECT_TRUE(absl::IsNotFound(fs().Rename(Path("none"), Path("to"))));
  EXPECT_TRUE(absl::IsNotFound(fs().Rename(Path("f"), Path("none/to"))));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().Rename(Path("f"), Path("d"))));
  EXPECT_FALSE(fs().Rename(Path("d"), Path("f")).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(fs().Rename(Path("d"), Path("d/in"))));
  EXPECT_FALSE(fs().Rename(Path("d"), Path("full")).ok());
  EXPECT_THAT(Names(), ElementsAre("d", "f", "full"));
}

TEST_P(FileSystemConformance, RenameMovesADirectoryWithItsContents) {
  ASSERT_TRUE(fs().CreateDirectory(Path("d")).ok());
  Write("d/f", "x");
  ASSERT_TRUE(fs().Rename(Path("d"), Path("e")).ok());
  EXPECT_EQ(Read("e/f"), "x");
  EXPECT_FALSE(fs().Exists(Path("d")));
}

TEST_P(FileSystemConformance, RemoveTakesFilesAndRemoveDirectoryEmptyOnes) {
  Write("f", "x");
  ASSERT_TRUE(fs().CreateDirectory(Path("d")).ok());
  Write("d/f", "x");
  EXPECT_TRUE(absl::IsNotFound(fs().Remove(Path("none"))));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().Remove(Path("d"))));
  EXPECT_TRUE(absl::IsFailedPrecondition(fs().RemoveDirectory(Path("d"))));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().RemoveDirectory(Path("f"))));
  EXPECT_TRUE(absl::IsNotFound(fs().RemoveDirectory(Path("none"))));
  EXPECT_TRUE(fs().Remove(Path("d/f")).ok());
  EXPECT_TRUE(fs().RemoveDirectory(Path("d")).ok());
  EXPECT_TRUE(fs().Remove(Path("f")).ok());
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_P(FileSystemConformance, CreateDirectoryMakesOneLevel) {
  Write("f", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateDirectory(Path("f"))));
  EXPECT_TRUE(absl::IsNotFound(fs().CreateDirectory(Path("a/b"))));
  EXPECT_TRUE(fs().CreateDirectory(Path("a")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateDirectory(Path("a"))));
  EXPECT_TRUE(fs().IsDirectory(Path("a")));
  EXPECT_FALSE(fs().IsDirectory(Path("f")));
  EXPECT_FALSE(fs().IsDirectory(Path("none")));
}

TEST_P(FileSystemConformance, CreateDirectoriesMakesAllLevelsOnce) {
  EXPECT_TRUE(fs().CreateDirectories(Path("a/b//c/")).ok());
  EXPECT_TRUE(fs().IsDirectory(Path("a/b/c")));
  EXPECT_TRUE(fs().CreateDirectories(Path("a/b/c")).ok());
  EXPECT_TRUE(fs().CreateDirectories("").ok());
  Write("f", "x");
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateDirectories(Path("f"))));
  EXPECT_TRUE(absl::IsAlreadyExists(fs().CreateDirectories(Path("f/a/b"))));
}

TEST_P(FileSystemConformance, ListIsSortedByByteAndComplete) {
  for (const char* name :
       {"b", "a", "B", ".hidden", "\xc3\xa9", "\xff", "a b"}) {
    Write(name, "");
  }
  EXPECT_THAT(Names(),
              ElementsAre(".hidden", "B", "a", "a b", "b", "\xc3\xa9", "\xff"));
  EXPECT_TRUE(absl::IsNotFound(fs().List(Path("none")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().List(Path("a")).status()));
}

TEST_P(FileSystemConformance, PathsAreLiteral) {
  for (const char* name :
       {"*", "[a]", "?", "~", "$HOME", "a\\b", "a\nb", "%41"}) {
    Write(name, name);
  }
  EXPECT_EQ(Names().size(), 8u);
  EXPECT_EQ(Read("*"), "*");
  ASSERT_TRUE(fs().Remove(Path("*")).ok());
  EXPECT_EQ(Names().size(), 7u);
}

TEST_P(FileSystemConformance, StatTellsKindSizeAndTime) {
  const double before = SystemClock().Now();
  Write("f", "12345");
  const auto file = fs().Stat(Path("f"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->kind, FileInfo::Kind::kFile);
  EXPECT_EQ(file->size, 5u);
  EXPECT_NEAR(file->mtime, before, 60);
  const auto directory = fs().Stat(root_);
  EXPECT_EQ(directory->kind, FileInfo::Kind::kDirectory);
  EXPECT_EQ(directory->size, 0u);
  EXPECT_TRUE(absl::IsNotFound(fs().Stat(Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(fs().Stat(Path("f/none")).status()));
}

TEST_P(FileSystemConformance, EmptyPathAndDotAreTheWorkingDirectory) {
  for (const char* path : {"", "."}) {
    EXPECT_TRUE(fs().IsDirectory(path));
    EXPECT_TRUE(fs().List(path).ok());
    EXPECT_TRUE(fs().SyncDirectory(path).ok());
  }
}

TEST_P(FileSystemConformance, SyncDirectoryWantsADirectory) {
  Write("f", "x");
  EXPECT_TRUE(fs().SyncDirectory(root_).ok());
  EXPECT_TRUE(absl::IsNotFound(fs().SyncDirectory(Path("none"))));
  EXPECT_TRUE(absl::IsInvalidArgument(fs().SyncDirectory(Path("f"))));
}

TEST_P(FileSystemConformance, ReadFileRefusesMoreThanTheLimit) {
  Write("f", "12345");
  EXPECT_EQ(*fs().ReadFile(Path("f"), 5), "12345");
  const Status status = fs().ReadFile(Path("f"), 4).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Message(status), HasSubstr("5 bytes long, at most 4"));
}

TEST_P(FileSystemConformance, LockExcludesUntilItIsGivenBack) {
  auto lock = fs().Lock(Path("lock"), "trainer \"a\"");
  ASSERT_TRUE(lock.ok()) << lock.status();
  const Status second = fs().Lock(Path("lock"), "evaluator").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_THAT(Message(second), HasSubstr("trainer \"a\""));
  EXPECT_TRUE(fs().Lock(Path("other"), "evaluator").ok());
  lock->reset();
  EXPECT_TRUE(fs().Lock(Path("lock"), "evaluator").ok());
}

INSTANTIATE_TEST_SUITE_P(All, FileSystemConformance,
                         ::testing::Values(Store::kMemory, Store::kLocal,
                                           Store::kFault),
                         [](const auto& info) {
                           switch (info.param) {
                             case Store::kMemory:
                               return "Memory";
                             case Store::kLocal:
                               return "Local";
                             default:
                               return "Fault";
                           }
                         });

// --- the local one only ---

class LocalFileSystemTest : public ::testing::Test {
 protected:
  std::string Path(std::string_view name) {
    return JoinPath(scratch_.path(), name);
  }

  ScratchDirectory scratch_;
  FileSystem& fs_ = LocalFileSystem();
};

TEST_F(LocalFileSystemTest, RefusesAPathWithANulByteEverywhere) {
  WriteNew(fs_, Path("f"), "x");
  const std::string path = Path("f") + std::string("\0g", 2);
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.OpenForReading(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.CreateNew(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.Rename(path, Path("g"))));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.Rename(Path("f"), path)));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.Remove(path)));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.CreateDirectory(path)));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.RemoveDirectory(path)));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.SyncDirectory(path)));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.List(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.Stat(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(fs_.Lock(path, "me").status()));
  EXPECT_TRUE(fs_.Exists(Path("f")));
}

TEST_F(LocalFileSystemTest, RefusesAPipeWithoutWaitingForItsWriter) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(
      absl::IsInvalidArgument(fs_.OpenForReading(Path("pipe")).status()));
  EXPECT_EQ(fs_.Stat(Path("pipe"))->kind, FileInfo::Kind::kOther);
}

TEST_F(LocalFileSystemTest, FollowsSymbolicLinks) {
  WriteNew(fs_, Path("f"), "x");
  ASSERT_EQ(symlink("f", Path("link").c_str()), 0);
  ASSERT_EQ(symlink("none", Path("dangling").c_str()), 0);
  EXPECT_EQ(*fs_.ReadFile(Path("link"), 10), "x");
  EXPECT_FALSE(fs_.Exists(Path("dangling")));
  EXPECT_TRUE(absl::IsAlreadyExists(fs_.CreateNew(Path("dangling")).status()));
}

TEST_F(LocalFileSystemTest, ClonesOrSaysThatItCannotAndLeavesNothing) {
  WriteNew(fs_, Path("f"), Pattern(10000));
  WriteNew(fs_, Path("taken"), "x");
  EXPECT_TRUE(absl::IsNotFound(fs_.Clone(Path("none"), Path("c"))));
  EXPECT_TRUE(absl::IsAlreadyExists(fs_.Clone(Path("f"), Path("taken"))));
  EXPECT_EQ(*fs_.ReadFile(Path("taken"), 10), "x");
  const Status cloned = fs_.Clone(Path("f"), Path("c"));
  if (!cloned.ok()) {
    EXPECT_TRUE(absl::IsUnimplemented(cloned)) << cloned;
    EXPECT_FALSE(fs_.Exists(Path("c")));
    return;
  }
  EXPECT_EQ(*fs_.ReadFile(Path("c"), 20000), Pattern(10000));
  EXPECT_NE(fs_.Stat(Path("c"))->id, fs_.Stat(Path("f"))->id);
}

TEST_F(LocalFileSystemTest, TextsHoldThePathAndTheSystemsReason) {
  const Status status = fs_.OpenForReading(Path("none")).status();
  EXPECT_EQ(Message(status),
            Path("none") + ": cannot open: No such file or directory");
  EXPECT_TRUE(
      absl::IsInvalidArgument(fs_.Stat(Path(std::string(300, 'x'))).status()));
}

TEST_F(LocalFileSystemTest, ReportsAFileThatShrankAsOutOfRange) {
  WriteNew(fs_, Path("f"), Pattern(10000));
  const auto file = fs_.OpenForReading(Path("f"));
  ASSERT_EQ(truncate(Path("f").c_str(), 100), 0);
  std::string out(10000, '\0');
  EXPECT_TRUE(absl::IsOutOfRange((*file)->ReadAt(0, 10000, out.data())));
  EXPECT_TRUE((*file)->ReadAt(0, 100, out.data()).ok());
}

TEST_F(LocalFileSystemTest, NothingPendingIsWrittenWithoutClose) {
  {
    auto file = fs_.CreateNew(Path("f"));
    ASSERT_TRUE((*file)->Append("pending").ok());
  }
  EXPECT_EQ(fs_.Stat(Path("f"))->size, 0u);
}

// A short write, then an error: the limit lies inside the write.
TEST_F(LocalFileSystemTest, KeepsFailingAfterAFailedWrite) {
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = 100000;
  auto file = fs_.CreateNew(Path("f"));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const Status written = (*file)->Append(Pattern(size_t{2} << 20));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(absl::IsResourceExhausted(written)) << written;
  EXPECT_THAT(Message(written), HasSubstr(Path("f") + ": cannot write"));
  EXPECT_EQ(fs_.Stat(Path("f"))->size, 100000u);
  // There is room again, but the file has a hole in its story.
  EXPECT_EQ((*file)->Append("x"), written);
  EXPECT_EQ((*file)->Sync(), written);
  EXPECT_EQ((*file)->Close(), written);
}

TEST_F(LocalFileSystemTest, RunsOutOfDescriptorsWithResourceExhausted) {
  rlimit old_limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old_limit), 0);
  WriteNew(fs_, Path("f"), "x");
  rlimit limit = old_limit;
  limit.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  const Status open = fs_.OpenForReading(Path("f")).status();
  const Status list = fs_.List(scratch_.path()).status();
  setrlimit(RLIMIT_NOFILE, &old_limit);
  EXPECT_TRUE(absl::IsResourceExhausted(open)) << open;
  EXPECT_TRUE(absl::IsResourceExhausted(list)) << list;
}

TEST_F(LocalFileSystemTest, LockTextNamesHostAndProcess) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  auto lock = fs_.Lock(Path("lock"), "manager");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Message(fs_.Lock(Path("lock"), "other").status()),
            StrCat(Path("lock"), ": locked by manager, host ", host, ", pid ",
                   getpid()));
  lock->reset();
  EXPECT_EQ(fs_.Stat(Path("lock"))->size, 0u) << "the name must go with it";
}

TEST_F(LocalFileSystemTest, LockOfAKilledProcessIsFree) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = fs_.Lock(Path("lock"), "child");
    char told = lock.ok() ? 'y' : 'n';
    if (write(ready[1], &told, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char told = 0;
  ASSERT_EQ(read(ready[0], &told, 1), 1);
  EXPECT_EQ(told, 'y');
  const Status status = fs_.Lock(Path("lock"), "parent").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr(StrCat("pid ", child)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs_.Lock(Path("lock"), "parent").ok());
  close(ready[0]);
  close(ready[1]);
}

// --- paths ---

TEST(Path, DirNameAndBaseNameSplitAtTheLastSlash) {
  struct Case {
    const char* path;
    const char* dir;
    const char* base;
  };
  for (const Case& c : {Case{"a/b/c", "a/b", "c"},
                        {"c", "", "c"},
                        {"/c", "/", "c"},
                        {"/", "/", ""},
                        {"", "", ""},
                        {"a/", "a", ""},
                        {"a//b", "a", "b"},
                        {"//c", "//", "c"},
                        {"./c", ".", "c"}}) {
    EXPECT_EQ(DirName(c.path), c.dir) << c.path;
    EXPECT_EQ(BaseName(c.path), c.base) << c.path;
  }
}

TEST(Path, JoinPathPutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("a", ""), "a/");
}

TEST(Clock, TheSystemsOneRunsAndTheFakeOneObeys) {
  EXPECT_GT(SystemClock().Now(), 1.5e9);
  FakeClock clock(10);
  EXPECT_EQ(clock.Now(), 10);
  clock.Advance(2.5);
  EXPECT_EQ(clock.Now(), 12.5);
  clock.Set(1);
  EXPECT_EQ(clock.Now(), 1);
}

}  // namespace
}  // namespace cairn
