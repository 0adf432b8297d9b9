// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/base/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <set>

#include "cairn/base/crc32c.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Call = FaultFileSystem::Call;
using Files = std::map<std::string, std::string>;

// Complete crash states up to this many pending effects; no test here has more.
constexpr int kMaxUnsynced = 12;
constexpr char kPrefix[] = "d/model";

// A set's files; contents tell the version and span several sectors.
std::string Contents(const std::string& path, int version) {
  std::string bytes;
  while (bytes.size() < 1100) bytes += StrCat(path, " v", version, ";");
  return bytes;
}

Files MakeSet(const std::string& prefix, int version, int shards) {
  Files files;
  for (int i = 0; i < shards; ++i) {
    const std::string path =
        StrCat(prefix, ".data-0000", i, "-of-0000", shards);
    files[path] = Contents(path, version);
  }
  files[prefix + ".index"] = Contents(prefix + ".index", version);
  return files;
}

Status Save(FileSystem& fs, const std::string& prefix, const Files& files,
            const std::vector<std::string>& surplus = {}) {
  Commit commit(fs, prefix);
  for (const auto& [path, contents] : files) {
    CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, commit.Create(path));
    CAIRN_RETURN_IF_ERROR(file->Append(contents.substr(0, 700)));
    CAIRN_RETURN_IF_ERROR(file->Append(contents.substr(700)));
  }
  for (const std::string& path : surplus) commit.RemoveAfter(path);
  return commit.Finish();
}

void PutAll(MemoryFileSystem& fs, const Files& files) {
  for (const auto& [path, contents] : files) fs.Put(path, contents);
}

// Whether a reader that starts at `prefix` finds exactly `files`.
bool Shows(FileSystem& fs, const std::string& prefix, const Files& files) {
  for (const auto& [path, contents] : files) {
    const auto where = ResolveCommitted(fs, prefix, path);
    if (!where.ok()) return false;
    const auto found = fs.ReadFile(*where, 1 << 20);
    if (!found.ok() || *found != contents) return false;
  }
  return true;
}

bool IsTemporary(const std::string& path) {
  return path.find(".cairn-tmp-") != std::string::npos;
}

std::vector<std::string> Leftovers(const MemoryFileSystem& fs) {
  std::vector<std::string> paths;
  for (const auto& [path, contents] : fs.Files()) {
    if (IsTemporary(path) || path.ends_with(".cairn-journal")) {
      paths.push_back(path);
    }
  }
  return paths;
}

// --- what a finished commit looks like ---

TEST(Commit, PutsNewNamesInPlaceAndLeavesNothingElse) {
  MemoryFileSystem fs;
  const Files set = MakeSet(kPrefix, 1, 2);
  ASSERT_TRUE(Save(fs, kPrefix, set).ok());
  EXPECT_EQ(fs.Files(), set);
}

TEST(Commit, ReplacesASetAndRemovesItsSurplus) {
  MemoryFileSystem fs;
  const Files old_set = MakeSet(kPrefix, 1, 3);
  const Files new_set = MakeSet(kPrefix, 2, 1);
  PutAll(fs, old_set);
  fs.Put("d/model.best.index", "stranger");
  std::vector<std::string> surplus = {"d/model.data-never-there"};
  for (const auto& [path, contents] : old_set) surplus.push_back(path);
  ASSERT_TRUE(Save(fs, kPrefix, new_set, surplus).ok());
  Files expected = new_set;
  expected["d/model.best.index"] = "stranger";
  EXPECT_EQ(fs.Files(), expected) << "the new index is no surplus";
}

TEST(Commit, ShowsNothingBeforeFinishAndLeavesNothingWithoutIt) {
  MemoryFileSystem fs;
  PutAll(fs, MakeSet(kPrefix, 1, 1));
  const Files before = fs.Files();
  {
    Commit commit(fs, kPrefix);
    auto file = commit.Create("d/model.index");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Append("new").ok());
    EXPECT_TRUE(Shows(fs, kPrefix, before));
    EXPECT_EQ(fs.Files().size(), before.size() + 1);
  }
  EXPECT_EQ(fs.Files(), before);
}

TEST(Commit, RefusesFilesOfOtherPrefixesOrDirectories) {
  MemoryFileSystem fs;
  Commit commit(fs, "d/model");
  for (const char* path : {"d/other.index", "model.index", "d/model/index",
                           "d/mode", "/d/model.index"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(commit.Create(path).status())) << path;
  }
  ASSERT_TRUE(commit.Create("d/model.index").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(commit.Create("d/model.index").status()));
  ASSERT_TRUE(commit.Finish().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(commit.Create("d/model.x").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(commit.Finish()));
}

TEST(Commit, RefusesToReplaceADirectoryBeforeAnythingIsPromised) {
  MemoryFileSystem fs;
  PutAll(fs, MakeSet(kPrefix, 1, 1));
  ASSERT_TRUE(fs.CreateDirectory("d/model.data-00000-of-00002").ok());
  const Files before = fs.Files();
  EXPECT_TRUE(absl::IsAlreadyExists(Save(fs, kPrefix, MakeSet(kPrefix, 2, 2))));
  EXPECT_EQ(fs.Files(), before);
}

TEST(Commit, MarksTemporariesWithPrefixTagAndRandomDigits) {
  MemoryFileSystem fs;
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    Commit commit(fs, kPrefix);
    const auto file = commit.Create("d/model.index");
    ASSERT_TRUE(file.ok());
    const std::string head =
        StrCat("d/model.index.cairn-tmp-", Hex(Crc32c("model"), 8));
    EXPECT_TRUE((*file)->path().starts_with(head)) << (*file)->path();
    EXPECT_EQ((*file)->path().size(), head.size() + 8);
    names.insert((*file)->path());
  }
  EXPECT_EQ(names.size(), 50u);
}

TEST(Commit, RoundTripsAnyByteInNamesThroughTheJournal) {
  MemoryFileSystem fs;
  const std::string prefix = "d/mo del%41\n\xff\\";
  PutAll(fs, MakeSet(prefix, 1, 2));
  const Files new_set = MakeSet(prefix, 2, 2);
  fs.ClearLog();
  ASSERT_TRUE(Save(fs, prefix, new_set).ok());
  EXPECT_EQ(fs.Files(), new_set);
  uint64_t journals = 0;
  for (size_t cut = 0; cut <= fs.log().size(); ++cut) {
    fs.CrashImages(cut, 2, [&](MemoryFileSystem& image) {
      if (!HasJournal(image, prefix)) return;
      ++journals;
      EXPECT_TRUE(Shows(image, prefix, new_set));
    });
  }
  EXPECT_GT(journals, 0u);
}

TEST(Commit, GivesAFileAnotherFinalName) {
  MemoryFileSystem fs;
  fs.Put("d/model.data-00000-of-00001", "old");
  {
    Commit commit(fs, kPrefix);
    auto data = commit.Create("d/model.data-00000-of-00001");
    auto index = commit.Create("d/model.index");
    ASSERT_TRUE((*data)->Append("data").ok());
    ASSERT_TRUE(commit.SetFinalPath(*data, "d/model.data-00000-of-00002").ok());
    ASSERT_TRUE((*data)->Append(" more").ok());
    EXPECT_TRUE(absl::IsAlreadyExists(
        commit.SetFinalPath(*data, "d/model.index").status()));
    EXPECT_TRUE(absl::IsInvalidArgument(
        commit.SetFinalPath(*data, "e/model.index").status()));
    EXPECT_TRUE(absl::IsInvalidArgument(
        commit.SetFinalPath(nullptr, "d/model.other").status()));
    ASSERT_TRUE((*index)->Append("index").ok());
    ASSERT_TRUE(commit.Finish().ok());
  }
  EXPECT_EQ(fs.Files(), (Files{{"d/model.data-00000-of-00001", "old"},
                               {"d/model.data-00000-of-00002", "data more"},
                               {"d/model.index", "index"}}));
}

// No links, as on many network and FAT file systems.
class LinklessFileSystem : public FaultFileSystem {
 public:
  using FaultFileSystem::FaultFileSystem;
  Status Link(const std::string& from, const std::string& to) override {
    return FileSystem::Link(from, to);
  }
};

TEST(Commit, LinksOrCopiesAFileInto) {
  for (const bool links : {true, false}) {
    MemoryFileSystem memory;
    LinklessFileSystem linkless(memory);
    FileSystem& fs = links ? static_cast<FileSystem&>(memory) : linkless;
    memory.Put("t/part", "bytes");
    const auto run = [&] {
      Commit commit(fs, kPrefix);
      CAIRN_RETURN_IF_ERROR(commit.Link("t/part", "d/model.data"));
      CAIRN_ASSIGN_OR_RETURN(auto index, commit.Create("d/model.index"));
      CAIRN_RETURN_IF_ERROR(index->Append("index"));
      return commit.Finish();
    };
    const Files expected = {{"t/part", "bytes"},
                            {"d/model.data", "bytes"},
                            {"d/model.index", "index"}};
    // The second time over itself.
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(run().ok());
      EXPECT_EQ(memory.Files(), expected);
      EXPECT_EQ(memory.Stat("t/part")->id == memory.Stat("d/model.data")->id,
                links);
    }
    Commit commit(fs, kPrefix);
    EXPECT_TRUE(absl::IsNotFound(commit.Link("t/none", "d/model.data")));
    EXPECT_TRUE(absl::IsInvalidArgument(commit.Link("t/part", "t/x")));
  }
}

TEST(Commit, SharesAFileByTheFirstWayThatWorks) {
  using By = ShareOptions::By;
  using How = Commit::Shared::How;
  MemoryFileSystem fs;
  fs.Put("t/part", "bytes");
  Commit commit(fs, kPrefix);
  const auto linked = commit.Share("t/part", "d/model.1");
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->how, How::kLinked);
  EXPECT_EQ(fs.Stat(linked->path)->id, fs.Stat("t/part")->id);
  const auto cloned = commit.Share("t/part", "d/model.2", {.by = By::kClone});
  ASSERT_TRUE(cloned.ok());
  EXPECT_EQ(cloned->how, How::kCloned);
  ASSERT_TRUE(commit.Finish().ok());
  EXPECT_EQ(fs.Files(), (Files{{"t/part", "bytes"},
                               {"d/model.1", "bytes"},
                               {"d/model.2", "bytes"}}));
}

TEST(Commit, SharesOnlyTheFileThatWasLookedAt) {
  MemoryFileSystem fs;
  fs.Put("t/part", "bytes");
  const uint64_t id = fs.Stat("t/part")->id;
  fs.Put("t/part", "other");
  Commit commit(fs, kPrefix);
  EXPECT_TRUE(absl::IsUnavailable(
      commit.Share("t/part", "d/model.1", {.id = id}).status()));
  EXPECT_TRUE(
      commit.Share("t/part", "d/model.1", {.id = fs.Stat("t/part")->id}).ok());
}

TEST(Commit, DoesNotCopyWhereOnlyLinksAndClonesWillDo) {
  MemoryFileSystem memory;
  LinklessFileSystem fs(memory);
  fs.FailCallOfKind(Call::kClone, 0, UnimplementedError("no clones"));
  memory.Put("t/part", "bytes");
  Commit commit(fs, kPrefix);
  EXPECT_TRUE(absl::IsUnimplemented(
      commit
          .Share("t/part", "d/model.1", {.by = ShareOptions::By::kLinkOrClone})
          .status()));
  EXPECT_EQ(memory.Files(), (Files{{"t/part", "bytes"}}));
}

TEST(Commit, WorksOnTheLocalFileSystem) {
  std::string directory = ::testing::TempDir() + "/cairn_commit_XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  FileSystem& fs = LocalFileSystem();
  const std::string prefix = directory + "/made/model";
  ASSERT_TRUE(Save(fs, prefix, MakeSet(prefix, 1, 2)).ok());
  const Files new_set = MakeSet(prefix, 2, 2);
  ASSERT_TRUE(Save(fs, prefix, new_set).ok());
  EXPECT_TRUE(Shows(fs, prefix, new_set));
  ASSERT_TRUE(WriteFileAtomically(fs, prefix, "one").ok());
  ASSERT_TRUE(WriteFileAtomically(fs, prefix, "two").ok());
  {
    Commit commit(fs, prefix);
    ASSERT_TRUE(commit.Link(prefix, prefix + ".two").ok());
    ASSERT_TRUE(commit.Finish().ok());
    EXPECT_EQ(*fs.ReadFile(prefix + ".two", 10), "two");
    EXPECT_EQ(fs.Stat(prefix)->id, fs.Stat(prefix + ".two")->id);
    ASSERT_TRUE(fs.Remove(prefix + ".two").ok());
  }
  EXPECT_EQ(*fs.ReadFile(prefix, 10), "two");
  EXPECT_THAT(*fs.List(directory + "/made"), SizeIs(new_set.size() + 1));
  for (const auto& [path, contents] : new_set)
    ASSERT_TRUE(fs.Remove(path).ok());
  ASSERT_TRUE(fs.Remove(prefix).ok());
  ASSERT_TRUE(fs.RemoveDirectory(directory + "/made").ok());
  ASSERT_TRUE(fs.RemoveDirectory(directory).ok());
}

// --- what it costs ---

struct Syncs {
  int files;
  int directories;
  bool operator==(const Syncs&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Syncs& syncs) {
  return out << syncs.files << " files, " << syncs.directories
             << " directories";
}

Syncs CountSyncs(MemoryFileSystem& memory,
                 const std::function<Status(FileSystem&)>& run) {
  FaultFileSystem fs(memory);
  EXPECT_TRUE(run(fs).ok());
  return {fs.calls(Call::kSync), fs.calls(Call::kSyncDirectory)};
}

TEST(Commit, SyncsOncePerFileAndOncePerDirectoryAndStep) {
  MemoryFileSystem memory;
  memory.Put("d/x", "");
  const auto save = [](const std::string& prefix, int version) {
    return [=](FileSystem& fs) {
      return Save(fs, prefix, MakeSet(prefix, version, 3));
    };
  };
  EXPECT_EQ(CountSyncs(memory, save("d/model", 1)), (Syncs{4, 1}));
  // The journal is a file more; names in it, the journal, the switch.
  EXPECT_EQ(CountSyncs(memory, save("d/model", 2)), (Syncs{5, 3}));
  // Each directory made is made durable in its parent.
  EXPECT_EQ(CountSyncs(memory, save("e/f/model", 1)), (Syncs{4, 3}));
  const auto write = [](FileSystem& fs) {
    return WriteFileAtomically(fs, "d/checkpoint", "state");
  };
  EXPECT_EQ(CountSyncs(memory, write), (Syncs{1, 1}));
  EXPECT_EQ(CountSyncs(memory, write), (Syncs{1, 1}));
}

// --- power cuts ---

// Runs `check` on every state that a cut after any operation may leave.
uint64_t SweepCuts(const MemoryFileSystem& fs, size_t begin, size_t end,
                   const std::function<void(MemoryFileSystem&, size_t)>& check,
                   int max_unsynced = kMaxUnsynced) {
  uint64_t states = 0;
  for (size_t cut = begin; cut <= end; ++cut) {
    states += fs.CrashImages(
        cut, max_unsynced, [&](MemoryFileSystem& image) { check(image, cut); });
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "first bad cut is after operation " << cut;
      break;
    }
  }
  return states;
}

// One save of a manager that keeps one checkpoint: the rule's four steps.
TEST(CommitCrash, NewNamesNamedByAStateFileAreAlwaysWhole) {
  MemoryFileSystem fs;
  const Files old_set = MakeSet("d/ckpt-1", 1, 1);
  const Files new_set = MakeSet("d/ckpt-2", 2, 2);
  PutAll(fs, old_set);
  fs.Put("d/checkpoint", "d/ckpt-1");

  ASSERT_TRUE(Save(fs, "d/ckpt-2", new_set).ok());
  const size_t saved = fs.log().size();
  ASSERT_TRUE(WriteFileAtomically(fs, "d/checkpoint", "d/ckpt-2").ok());
  const size_t named = fs.log().size();
  ASSERT_TRUE(fs.Remove("d/ckpt-1.index").ok());
  ASSERT_TRUE(fs.Remove("d/ckpt-1.data-00000-of-00001").ok());

  bool saw_old = false, saw_new = false;
  const uint64_t states = SweepCuts(
      fs, 0, fs.log().size(), [&](MemoryFileSystem& image, size_t cut) {
        const auto name = image.ReadFile("d/checkpoint", 100);
        ASSERT_TRUE(name.ok());
        const bool is_new = *name == "d/ckpt-2";
        (is_new ? saw_new : saw_old) = true;
        ASSERT_TRUE(is_new || *name == "d/ckpt-1");
        ASSERT_TRUE(Shows(image, *name, is_new ? new_set : old_set));
        // What was reported as done is there.
        if (cut >= saved) {
          ASSERT_TRUE(Shows(image, "d/ckpt-2", new_set));
        }
        if (cut >= named) {
          ASSERT_TRUE(is_new);
        }
      });
  EXPECT_TRUE(saw_old && saw_new);
  EXPECT_GT(states, 1000u);
}

TEST(CommitCrash, AReportedSaveSurvivesInDirectoriesItMade) {
  MemoryFileSystem fs;
  const Files set = MakeSet("a/b/c/model", 1, 1);
  ASSERT_TRUE(Save(fs, "a/b/c/model", set).ok());
  const uint64_t states = SweepCuts(
      fs, fs.log().size(), fs.log().size(),
      [&](MemoryFileSystem& image, size_t) { EXPECT_EQ(image.Files(), set); });
  EXPECT_EQ(states, 1u);
}

TEST(CommitCrash, ASingleFileIsOldOrNew) {
  MemoryFileSystem fs;
  fs.Put("d/checkpoint", Contents("old", 1));
  const std::string contents = Contents("new", 2);
  ASSERT_TRUE(WriteFileAtomically(fs, "d/checkpoint", contents).ok());
  SweepCuts(fs, 0, fs.log().size(), [&](MemoryFileSystem& image, size_t cut) {
    const std::string found = *image.ReadFile("d/checkpoint", 1 << 20);
    ASSERT_TRUE(found == contents || found == Contents("old", 1));
    if (cut == fs.log().size()) {
      ASSERT_EQ(found, contents);
    }
  });
}

// Overwrites a set under its own names, changing the shard count.
// Some of the new names stand there already: it takes a journal.
class CommitOverwrite : public ::testing::Test {
 protected:
  explicit CommitOverwrite(
      Files old_set = {{"d/model.data-00000-of-00001", Contents("one", 1)},
                       {"d/model.data-00000-of-00002", Contents("two", 1)},
                       {"d/model.index", Contents("index", 1)}},
      Files new_set = MakeSet(kPrefix, 2, 2))
      : old_set_(std::move(old_set)), new_set_(std::move(new_set)) {}

  void SetUp() override { PutAll(fs_, old_set_); }

  Status Overwrite(FileSystem& fs) {
    return Save(fs, kPrefix, new_set_, {"d/model.data-00000-of-00001"});
  }

  // Overwrites the old set in `memory`, of which `fs` fails the call number n.
  // False, and the status is OK, when there are not so many calls.
  bool OverwriteWithAFailingCall(int n, MemoryFileSystem& memory,
                                 FaultFileSystem& fs, Status* status) {
    PutAll(memory, old_set_);
    fs.FailCall(n, ResourceExhaustedError("no space left"));
    *status = Overwrite(fs);
    EXPECT_TRUE(fs.fired() || status->ok()) << *status;
    return fs.fired();
  }

  // The set a reader sees; fails unless it is one of the two, whole.
  const Files& Seen(FileSystem& fs) {
    const bool is_new = Shows(fs, kPrefix, new_set_);
    EXPECT_TRUE(is_new || Shows(fs, kPrefix, old_set_)) << "a mix, or nothing";
    return is_new ? new_set_ : old_set_;
  }

  // What the next writer does first. Afterwards the seen set must stand under
  // its final names with nothing of ours beside it.
  void Recover(MemoryFileSystem& fs) {
    const Files& seen = Seen(fs);
    ASSERT_TRUE(RollForward(fs, kPrefix).ok());
    ASSERT_FALSE(HasJournal(fs, kPrefix));
    ASSERT_TRUE(RemoveStaleTemporaries(fs, kPrefix).ok());
    ASSERT_THAT(Leftovers(fs), IsEmpty());
    for (const auto& [path, contents] : seen) {
      ASSERT_EQ(fs.Files().at(path), contents) << path;
    }
  }

  MemoryFileSystem fs_;
  const Files old_set_;
  const Files new_set_;
};

// Of a set with a meta graph the data files are new: these come first, the
// journal is of the rest.
class CommitWithMeta : public CommitOverwrite {
 protected:
  static Files WithMeta(int version, int shards) {
    Files files = MakeSet(kPrefix, version, shards);
    // Before the index in the order of the calls, as savers have it.
    files["d/model.a-meta"] = Contents("meta", version);
    return files;
  }
  CommitWithMeta() : CommitOverwrite(WithMeta(1, 1), WithMeta(2, 2)) {}
};

// Of the new names only the index stands there: one rename switches.
class CommitSwitch : public CommitOverwrite {
 protected:
  CommitSwitch() : CommitOverwrite(MakeSet(kPrefix, 1, 1)) {}
};

TEST_F(CommitOverwrite, IsAllOldOrAllNewAfterEveryCut) {
  ASSERT_TRUE(Overwrite(fs_).ok());
  uint64_t old_states = 0, new_states = 0, journals = 0;
  const uint64_t states = SweepCuts(
      fs_, 0, fs_.log().size(), [&](MemoryFileSystem& image, size_t cut) {
        const bool had_journal = HasJournal(image, kPrefix);
        const bool is_new = &Seen(image) == &new_set_;
        ++(is_new ? new_states : old_states);
        if (had_journal) {
          ++journals;
          ASSERT_TRUE(is_new);
        }
        if (cut == fs_.log().size()) {
          ASSERT_TRUE(is_new) << "reported";
        }
        Recover(image);
        ASSERT_EQ(&Seen(image) == &new_set_, is_new);
      });
  EXPECT_GT(states, 1000u);
  EXPECT_GT(old_states, 0u);
  EXPECT_GT(new_states, 0u);
  EXPECT_GT(journals, 0u);
}

TEST_F(CommitOverwrite, RecoversAlthoughTheRecoveryIsCutOffToo) {
  ASSERT_TRUE(Overwrite(fs_).ok());
  uint64_t states = 0;
  SweepCuts(fs_, 0, fs_.log().size(), [&](MemoryFileSystem& image, size_t) {
    if (!HasJournal(image, kPrefix)) return;
    Recover(image);
    states += SweepCuts(image, 0, image.log().size(),
                        [&](MemoryFileSystem& again, size_t) {
                          ASSERT_EQ(&Seen(again), &new_set_);
                          Recover(again);
                          ASSERT_EQ(&Seen(again), &new_set_);
                        });
  });
  EXPECT_GT(states, 50u);
}

// A process that is killed leaves everything it did; the next one goes on over
// it, and then the power goes.
TEST_F(CommitOverwrite, NextSaveAfterAKillIsAllOrNothingToo) {
  const Files third_set = MakeSet(kPrefix, 3, 1);
  // A writer killed after call n is one whose n-th and later calls fail.
  for (int n = 0;; ++n) {
    MemoryFileSystem fs;
    PutAll(fs, old_set_);
    FaultFileSystem killed(fs);
    killed.FailCall(n, UnavailableError("killed"),
                    FaultFileSystem::Persistence::kSticky);
    Overwrite(killed).IgnoreError();
    if (!killed.fired()) break;
    const size_t start = fs.log().size();
    ASSERT_TRUE(Save(fs, kPrefix, third_set).ok());
    SweepCuts(
        fs, start, fs.log().size(),
        [&](MemoryFileSystem& image, size_t cut) {
          if (Shows(image, kPrefix, third_set)) return;
          ASSERT_LT(cut, fs.log().size());
          Seen(image);
        },
        3);
  }
}

// --- failing calls ---

TEST_F(CommitOverwrite, AnyFailedCallLeavesAWholeSet) {
  int committed = 0, kept_old = 0, n = 0;
  for (;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Status status;
    if (!OverwriteWithAFailingCall(n, memory, fs, &status)) break;
    if (status.ok()) {
      // Only the removals after the commit may fail in silence.
      ASSERT_EQ(&Seen(memory), &new_set_);
      continue;
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status));
    if (Message(status).find("committed") != std::string::npos) {
      ++committed;
      ASSERT_EQ(&Seen(memory), &new_set_);
      ASSERT_TRUE(HasJournal(memory, kPrefix));
    } else {
      ++kept_old;
      Files left = memory.Files();
      if (fs.calls(Call::kSyncDirectory) == 2) {
        // The journal was in place but perhaps not durable.
        std::erase_if(left, [](const auto& f) { return IsTemporary(f.first); });
      }
      ASSERT_EQ(left, old_set_);
    }
    // Whatever the power does next, the set is whole and recovers.
    SweepCuts(memory, memory.log().size(), memory.log().size(),
              [&](MemoryFileSystem& image, size_t) { Recover(image); });
    const size_t start = memory.log().size();
    Recover(memory);
    SweepCuts(memory, start, memory.log().size(),
              [&](MemoryFileSystem& image, size_t) { Recover(image); });
    ASSERT_TRUE(Overwrite(memory).ok());
    ASSERT_EQ(&Seen(memory), &new_set_);
  }
  EXPECT_GT(n, 25);
  EXPECT_EQ(committed, 4) << "three renames, one sync";
  EXPECT_GT(kept_old, 20);
}

TEST_F(CommitOverwrite, ADeadDiskLeavesAWholeSet) {
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    PutAll(memory, old_set_);
    FaultFileSystem fs(memory);
    fs.FailCall(n, UnavailableError("input/output error"),
                FaultFileSystem::Persistence::kSticky);
    const Status status = Overwrite(fs);
    if (!fs.fired()) break;
    // Earlier cuts are those of a save without faults.
    const size_t end = memory.log().size();
    SweepCuts(
        memory, end < 3 ? 0 : end - 3, end,
        [&](MemoryFileSystem& image, size_t) { Recover(image); }, 5);
    Recover(memory);
    if (status.ok()) {
      ASSERT_EQ(&Seen(memory), &new_set_);
    }
  }
}

TEST(CommitFault, ANewNameLeavesNothingBehindWhenACallFails) {
  const Files set = MakeSet("e/f/model", 1, 2);
  int n = 0;
  for (;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    fs.FailCall(n, ResourceExhaustedError("no space left"));
    const Status status = Save(fs, "e/f/model", set);
    if (!fs.fired()) {
      ASSERT_TRUE(status.ok());
      break;
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(memory.Files(), Files{});
    EXPECT_TRUE(Save(memory, "e/f/model", set).ok());
    EXPECT_EQ(memory.Files(), set);
  }
  EXPECT_GT(n, 25);
}

TEST(CommitFault, ASingleFileIsOldOrNewWhenACallFails) {
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    memory.Put("d/checkpoint", "old");
    FaultFileSystem fs(memory);
    fs.FailCall(n, UnavailableError("input/output error"));
    const Status status = WriteFileAtomically(fs, "d/checkpoint", "new");
    if (!fs.fired()) break;
    EXPECT_TRUE(absl::IsUnavailable(status));
    const bool renamed = fs.calls(Call::kSyncDirectory) > 0;
    EXPECT_EQ(memory.Files(),
              (Files{{"d/checkpoint", renamed ? "new" : "old"}}));
  }
}

TEST_F(CommitOverwrite, NeverRepeatsAFailedSync) {
  for (const Call kind : {Call::kSync, Call::kSyncDirectory}) {
    int n = 0;
    for (;; ++n) {
      MemoryFileSystem memory;
      PutAll(memory, old_set_);
      FaultFileSystem fs(memory);
      fs.FailCallOfKind(kind, n, UnavailableError("input/output error"));
      const Status status = Overwrite(fs);
      if (!fs.fired()) break;
      EXPECT_TRUE(absl::IsUnavailable(status));
      EXPECT_EQ(fs.calls(kind), n + 1);
    }
    EXPECT_EQ(n, kind == Call::kSync ? 4 : 3);
  }
}

TEST_F(CommitSwitch, IsAllOldOrAllNewToEveryProgramAfterEveryCut) {
  ASSERT_TRUE(Overwrite(fs_).ok());
  uint64_t old_states = 0, new_states = 0;
  SweepCuts(fs_, 0, fs_.log().size(), [&](MemoryFileSystem& image, size_t cut) {
    ASSERT_FALSE(HasJournal(image, kPrefix));
    const bool is_new = &Seen(image) == &new_set_;
    ++(is_new ? new_states : old_states);
    if (cut == fs_.log().size()) {
      ASSERT_TRUE(is_new) << "reported";
    }
    // Under the final names, where programs look that know of no temporaries.
    for (const auto& [path, contents] : is_new ? new_set_ : old_set_) {
      ASSERT_EQ(image.Files().at(path), contents) << path;
    }
    Recover(image);
    ASSERT_EQ(&Seen(image) == &new_set_, is_new);
  });
  EXPECT_GT(old_states, 50u);
  EXPECT_GT(new_states, 0u);
}

TEST_F(CommitSwitch, AnyFailedCallLeavesAWholeSet) {
  int switched = 0, kept_old = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Status status;
    if (!OverwriteWithAFailingCall(n, memory, fs, &status)) break;
    if (!status.ok() && &Seen(memory) == &old_set_) {
      ++kept_old;
      ASSERT_EQ(memory.Files(), old_set_);
    } else if (!status.ok()) {
      ++switched;
    }
    SweepCuts(memory, memory.log().size(), memory.log().size(),
              [&](MemoryFileSystem& image, size_t) { Recover(image); });
    ASSERT_TRUE(Overwrite(memory).ok());
    ASSERT_EQ(memory.Files(), new_set_);
  }
  EXPECT_EQ(switched, 1) << "the sync after the rename of the index";
  EXPECT_GT(kept_old, 15);
}

// R3: to a program that knows of no journal, the index tells of its own data at
// every instant; to one that does, the meta graph is of the same save, too.
TEST_F(CommitWithMeta, HasTheDataOfItsIndexForEveryProgramAfterEveryCut) {
  ASSERT_TRUE(Overwrite(fs_).ok());
  uint64_t old_states = 0, new_states = 0, journals = 0;
  SweepCuts(
      fs_, 0, fs_.log().size(),
      [&](MemoryFileSystem& image, size_t cut) {
        const Files files = image.Files();
        const std::string& index = files.at("d/model.index");
        const Files& plain =
            index == new_set_.at("d/model.index") ? new_set_ : old_set_;
        for (const auto& [path, contents] : plain) {
          if (path.ends_with("meta")) continue;
          ASSERT_EQ(files.at(path), contents) << path;
        }
        if (HasJournal(image, kPrefix)) ++journals;
        const bool is_new = &Seen(image) == &new_set_;
        ++(is_new ? new_states : old_states);
        if (cut == fs_.log().size()) {
          ASSERT_TRUE(is_new) << "reported";
        }
        Recover(image);
        ASSERT_EQ(&Seen(image) == &new_set_, is_new);
      },
      6);
  EXPECT_GT(old_states, 50u);
  EXPECT_GT(new_states, 0u);
  EXPECT_GT(journals, 0u);
}

TEST_F(CommitWithMeta, AnyFailedCallLeavesAWholeSet) {
  int committed = 0, kept_old = 0;
  for (int n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Status status;
    if (!OverwriteWithAFailingCall(n, memory, fs, &status)) break;
    const bool is_new = &Seen(memory) == &new_set_;
    ASSERT_TRUE(is_new || !status.ok());
    if (!status.ok()) ++(is_new ? committed : kept_old);
    SweepCuts(
        memory, memory.log().size(), memory.log().size(),
        [&](MemoryFileSystem& image, size_t) { Recover(image); }, 4);
    ASSERT_TRUE(Overwrite(memory).ok());
    ASSERT_EQ(&Seen(memory), &new_set_);
  }
  EXPECT_EQ(committed, 3) << "two renames, one sync";
  EXPECT_GT(kept_old, 20);
}

TEST_F(CommitSwitch, NeverRepeatsAFailedSync) {
  for (const Call kind : {Call::kSync, Call::kSyncDirectory}) {
    int n = 0;
    for (;; ++n) {
      MemoryFileSystem memory;
      PutAll(memory, old_set_);
      FaultFileSystem fs(memory);
      fs.FailCallOfKind(kind, n, UnavailableError("input/output error"));
      const Status status = Overwrite(fs);
      if (!fs.fired()) break;
      EXPECT_TRUE(absl::IsUnavailable(status));
      EXPECT_EQ(fs.calls(kind), n + 1);
    }
    EXPECT_EQ(n, kind == Call::kSync ? 3 : 2);
  }
}

TEST_F(CommitOverwrite, AnUndoneSetLosesItsIndexFirst) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(Call::kSyncDirectory, 1, UnavailableError("i/o error"));
  ASSERT_FALSE(Save(fs, kPrefix, new_set_).ok());
  std::vector<std::string> removed;
  for (const auto& operation : memory.log()) {
    if (operation.kind == MemoryFileSystem::Operation::Kind::kRemove) {
      removed.push_back(operation.path);
    }
  }
  ASSERT_THAT(removed, SizeIs(3));
  EXPECT_EQ(removed.front(), "d/model.index");
}

// --- journals that nobody wrote ---

class Journal : public ::testing::Test {
 protected:
  // A switch cut off right after its commit.
  void SetUp() override {
    PutAll(fs_, MakeSet(kPrefix, 1, 2));
    FaultFileSystem fault(fs_);
    fault.FailCallOfKind(Call::kRename, 1, UnavailableError("killed"));
    ASSERT_FALSE(Save(fault, kPrefix, MakeSet(kPrefix, 2, 2)).ok());
    ASSERT_TRUE(HasJournal(fs_, kPrefix));
    good_ = fs_.Files().at(JournalPath(kPrefix));
  }

  void ExpectDataLoss(const std::string& journal) {
    fs_.Put(JournalPath(kPrefix), journal);
    const Files before = fs_.Files();
    const Status status = RollForward(fs_, kPrefix);
    EXPECT_TRUE(absl::IsDataLoss(status)) << Escape(journal);
    EXPECT_THAT(Message(status), HasSubstr(JournalPath(kPrefix)));
    EXPECT_TRUE(absl::IsDataLoss(
        ResolveCommitted(fs_, kPrefix, "d/model.index").status()));
    EXPECT_TRUE(absl::IsDataLoss(RemoveStaleTemporaries(fs_, kPrefix)));
    Commit commit(fs_, kPrefix);
    EXPECT_TRUE(absl::IsDataLoss(commit.Create("d/model.index").status()));
    EXPECT_EQ(fs_.Files(), before);
  }

  static std::string Sealed(std::string_view body) {
    return StrCat("cairn-journal 1\n", Hex(Crc32c(body), 8), "\n", body);
  }

  static std::string Temporary(std::string_view name) {
    return StrCat(name, ".cairn-tmp-", Hex(Crc32c("model"), 8), "00c0ffee");
  }

  MemoryFileSystem fs_;
  std::string good_;
};

TEST_F(Journal, HasTheDocumentedForm) {
  const std::vector<std::string_view> lines = Split(good_, '\n');
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "cairn-journal 1");
  EXPECT_EQ(lines[1], Hex(Crc32c(std::string_view(good_).substr(25)), 8));
  const std::vector<std::string_view> fields = Split(lines[4], ' ');
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0],
            StrCat(MakeSet(kPrefix, 2, 2).at("d/model.index").size()));
  EXPECT_TRUE(fields[1].starts_with("model.index.cairn-tmp-"));
  EXPECT_EQ(fields[2], "model.index");
  EXPECT_EQ(lines[5], "");
}

TEST_F(Journal, EveryFlippedByteIsFound) {
  for (size_t i = 0; i < good_.size(); ++i) {
    std::string bad = good_;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ExpectDataLoss(bad);
  }
}

TEST_F(Journal, EveryTruncationIsFound) {
  for (size_t size = 0; size < good_.size(); ++size) {
    ExpectDataLoss(good_.substr(0, size));
  }
  ExpectDataLoss(good_ + "x");
}

TEST_F(Journal, RefusesEntriesThatNoCommitWrites) {
  const std::string temporary = Temporary("model.index");
  const std::string entry = StrCat("10 ", temporary, " model.index\n");
  for (const std::string& body :
       {std::string(), std::string("\n"), entry + "\n", "\n" + entry,
        StrCat("10 ", temporary, "\n"),
        StrCat("10 ", temporary, " model.index extra\n"),
        StrCat("-1 ", temporary, " model.index\n"),
        StrCat("18446744073709551616 ", temporary, " model.index\n"),
        StrCat("1x ", temporary, " model.index\n"),
        StrCat(" ", temporary, " model.index\n"),
        StrCat("10 ", temporary, " \n"), StrCat("10  model.index\n"),
        // Another final name, another prefix, another directory.
        StrCat("10 ", temporary, " model.meta\n"),
        StrCat("10 ", Temporary("other.index"), " other.index\n"),
        StrCat("10 ", Temporary("..%2fmodel.index"), " ..%2fmodel.index\n"),
        StrCat("10 ", Temporary("model%2fx"), " model%2fx\n"),
        std::string("10 model.index.cairn-tmp-0000000000000000 model.index\n"),
        // Bad escapes.
        StrCat("10 ", Temporary("model%2"), " model%2\n"),
        StrCat("10 ", Temporary("model%FF"), " model%FF\n"),
        StrCat("10 ", Temporary("model/x"), " model/x\n"), entry + entry}) {
    ExpectDataLoss(Sealed(body));
  }
}

TEST_F(Journal, RefusesATemporaryOfAnotherSize) {
  for (const auto& [path, contents] : fs_.Files()) {
    if (IsTemporary(path) && path.starts_with("d/model.index")) {
      fs_.Put(path, contents + "x");
    }
  }
  const Files before = fs_.Files();
  const Status status = RollForward(fs_, kPrefix);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(Message(status), HasSubstr("bytes long, its journal says"));
  EXPECT_EQ(fs_.Files(), before);
}

TEST_F(Journal, IsFollowedByReadersAndFinishedByTheNextCommit) {
  const Files new_set = MakeSet(kPrefix, 2, 2);
  EXPECT_TRUE(Shows(fs_, kPrefix, new_set));
  EXPECT_EQ(*ResolveCommitted(fs_, kPrefix, "d/model.meta"), "d/model.meta");
  {
    Commit commit(fs_, kPrefix);
    ASSERT_TRUE(commit.Create("d/model.index").ok());
    EXPECT_FALSE(HasJournal(fs_, kPrefix));
  }
  EXPECT_EQ(fs_.Files(), new_set);
  EXPECT_TRUE(RollForward(fs_, kPrefix).ok());
  EXPECT_EQ(fs_.Files(), new_set);
}

TEST_F(Journal, ProtectsTheTemporariesItNames) {
  ASSERT_TRUE(RemoveStaleTemporaries(fs_, kPrefix).ok());
  EXPECT_TRUE(Shows(fs_, kPrefix, MakeSet(kPrefix, 2, 2)));
}

// --- stale temporaries ---

TEST(RemoveStaleTemporaries, TakesOnlyThoseOfItsOwnPrefix) {
  MemoryFileSystem fs;
  const std::string tag = Hex(Crc32c("model"), 8);
  const std::string best_tag = Hex(Crc32c("model.best"), 8);
  const std::string mine = StrCat("d/model.index.cairn-tmp-", tag, "01234567");
  const std::string journal =
      StrCat("d/model.cairn-journal.cairn-tmp-", tag, "89abcdef");
  const std::vector<std::string> others = {
      "d/model",
      "d/model.index",
      "d/model.index.cairn-tmp-",
      StrCat("d/model.best.index.cairn-tmp-", best_tag, "01234567"),
      StrCat("d/model-1.index.cairn-tmp-", best_tag, "01234567"),
      StrCat("d/model.index.cairn-tmp-", tag, "0123456"),
      StrCat("d/model.index.cairn-tmp-", tag, "0123456G"),
      StrCat("d/model.index.cairn-tmp-", tag, "012345678"),
      StrCat("d/other.index.cairn-tmp-", tag, "01234567"),
      StrCat("d/model.index.tempstate", tag, "01234567"),
      StrCat("e/model.index.cairn-tmp-", tag, "01234567")};
  for (const std::string& path : others) fs.Put(path, "keep");
  const Files expected = fs.Files();
  fs.Put(mine, "stale");
  fs.Put(journal, "stale");
  ASSERT_TRUE(RemoveStaleTemporaries(fs, "d/model").ok());
  EXPECT_EQ(fs.Files(), expected);
}

TEST(RemoveStaleTemporaries, IsContentWithoutADirectory) {
  MemoryFileSystem fs;
  EXPECT_TRUE(RemoveStaleTemporaries(fs, "none/model").ok());
}

TEST(RemoveStaleTemporaries, ReportsWhatItCannotRemove) {
  MemoryFileSystem memory;
  memory.Put(StrCat("d/model.cairn-tmp-", Hex(Crc32c("model"), 8), "00000000"),
             "");
  FaultFileSystem fs(memory);
  fs.FailCallOfKind(Call::kRemove, 0, FailedPreconditionError("read-only"));
  EXPECT_TRUE(absl::IsFailedPrecondition(RemoveStaleTemporaries(fs, kPrefix)));
}

// A reader must not take a journal it cannot read for one that is not there.
TEST_F(Journal, AnUnreadableOneIsAnError) {
  FaultFileSystem fs(fs_);
  fs.FailCallOfKind(Call::kReadAt, 0, UnavailableError("bad sector"));
  EXPECT_TRUE(absl::IsUnavailable(
      ResolveCommitted(fs, kPrefix, "d/model.index").status()));
  fs.FailCallOfKind(Call::kStat, 0, UnavailableError("bad sector"));
  EXPECT_TRUE(absl::IsUnavailable(
      ResolveCommitted(fs, kPrefix, "d/model.index").status()));
}

TEST(Commit, RefusesBytesThatComeAfterItsEnd) {
  for (const bool fails : {false, true}) {
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    Commit commit(fs, "m");
    WritableFile* const file = *commit.Create("m.index");
    if (fails) fs.FailCall(0, DataLossError("no"));
    EXPECT_EQ(commit.Finish().ok(), !fails);
    const Status late = file->Append("late");
    if (!fails) {
      EXPECT_FALSE(late.ok());
    }
    EXPECT_FALSE(commit.Finish().ok());
    EXPECT_EQ(memory.Files().size(), fails ? 0u : 1u);
  }
}

}  // namespace
}  // namespace cairn
