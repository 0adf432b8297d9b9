// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: async_saves [--saves N]
//
// R13: saving in the background makes the files that saving in the foreground
// would have made at the call, while the values change on. N saves (100 by
// default) of each kind, in memory:
//   steps    the work is done in steps drawn at random, up to two saves late
//   thread   by the thread, while this one writes to the values all the time
//   errors   in steps, and calls of the file system fail: each error is told
//            exactly once, by the next save, by Sync or by the log of a manager
//            that goes, and the saves around it are made
// Prints what was done; exit 1 if anything differed.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/random.h"
#include "cairn/base/strings.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/tensor/variable.h"

namespace cairn::reliability {
namespace {

uint64_t wrong = 0;

void Wrong(const std::string& what) {
  if (++wrong <= 10) std::printf("WRONG: %s\n", what.c_str());
}

void Expect(const Status& status, const std::string& what) {
  if (!status.ok()) Wrong(StrCat(what, ": ", Message(status)));
}

// Runs work when told, in the thread that tells it.
class Steps : public object::SaveExecutor {
 public:
  Status Run(std::function<void()> work) override {
    work_.push_back(std::move(work));
    return OkStatus();
  }
  bool Step() {
    if (work_.empty()) return false;
    const std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    work();
    return true;
  }
  size_t pending() const { return work_.size(); }

 private:
  std::deque<std::function<void()>> work_;
};

// Values of several types and sizes.
struct Program {
  explicit Program(FileSystem& fs)
      : checkpoint(fs,
                   {{"w", &w}, {"step", &step}, {"text", &text}, {"z", &z}}) {}

  void Set(uint64_t seed) {
    Random random(seed, 0);
    for (float& x : w.data<float>()) x = static_cast<float>(random.Below(1000));
    step.data<int64_t>()[0] = static_cast<int64_t>(seed);
    // As it was, most of the time: then a file can be shared.
    for (double& x : z.data<double>()) x = static_cast<double>(seed / 4);
    std::string words(random.Below(40), 'x');
    text.Assign(Tensor::OfString(words + StrCat(seed))).IgnoreError();
  }

  Variable w{"w", *Tensor::Create(DataType::kFloat, {23, 40})};
  Variable step{"step", Tensor::Scalar(int64_t{0})};
  Variable text{"text", Tensor::OfString("")};
  Variable z{"z", *Tensor::Create(DataType::kDouble, {100})};
  object::Checkpoint checkpoint;
};

// In turn.
object::SaveOptions OptionsOf(int save) {
  object::SaveOptions options;
  if (save % 3 == 1) options.sharding = object::MaxShardSize(1000);
  if (save % 3 == 2) {
    options.incremental.emplace();
    options.incremental->how.min_live_bytes = 1;
  }
  return options;
}

// The files of one checkpoint, and the state file.
std::map<std::string, std::string> FilesOf(const MemoryFileSystem& fs,
                                           const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& [name, contents] : fs.Files()) {
    if (name.starts_with(path + ".")) files[name] = contents;
  }
  return files;
}

// A program that saves in the background and one that saves at the call, of the
// same values.
class Twins {
 public:
  explicit Twins(std::shared_ptr<object::SaveExecutor> executor)
      : background_(background_fs_), foreground_(foreground_fs_) {
    if (executor != nullptr) {
      background_.checkpoint.UseExecutor(std::move(executor));
    }
  }

  void Save(int save) {
    const auto seed = static_cast<uint64_t>(save) + 1;
    background_.Set(seed);
    foreground_.Set(seed);
    const auto options = OptionsOf(save);
    const auto begun = background_.checkpoint.SaveAsync("d/ckpt", {}, options);
    Expect(begun.status(), "SaveAsync");
    if (!begun.ok()) return;
    Expect(begun->earlier_error, "an earlier error");
    under_way_.push_back(*begun);
    const auto path = foreground_.checkpoint.Save("d/ckpt", options);
    Expect(path.status(), "Save");
    // What is next in memory is not what was saved.
    background_.Set(seed + 1000000);
  }

  // Writes to everything but the string, which would be made anew.
  void Scribble(float value) {
    for (float& x : background_.w.data<float>()) x = value;
    background_.step.data<int64_t>()[0] = -1;
    for (double& x : background_.z.data<double>()) x = value;
  }

  bool OldestIsReady() const {
    return !under_way_.empty() &&
           under_way_.front().committed.wait_for(std::chrono::seconds(0)) ==
               std::future_status::ready;
  }

  // Compares those that are committed; all, waiting for them, if asked.
  void Compare() {
    while (OldestIsReady()) {
      const object::AsyncSave save = std::move(under_way_.front());
      under_way_.pop_front();
      Expect(save.committed.get(), save.path);
      const auto files = FilesOf(background_fs_, save.path);
      if (files.empty() || files != FilesOf(foreground_fs_, save.path)) {
        Wrong(StrCat(save.path, ": other files than in the foreground"));
      }
      ++compared_;
      // The next incremental save takes from the latest.
      if (!last_.empty()) Forget(last_);
      last_ = save.path;
    }
  }

  void Finish() {
    Expect(background_.checkpoint.Sync(), "Sync");
    Compare();
    if (background_fs_.Files() != foreground_fs_.Files()) {
      Wrong("other files at the end");
    }
  }

  size_t under_way() const { return under_way_.size(); }
  int compared() const { return compared_; }

 private:
  void Forget(const std::string& path) {
    // Saves that are on their way may still take from it.
    forgotten_.push_back(path);
    while (forgotten_.size() > 4) {
      for (MemoryFileSystem* fs : {&background_fs_, &foreground_fs_}) {
        for (const auto& [name, contents] : FilesOf(*fs, forgotten_.front())) {
          fs->Remove(name).IgnoreError();
        }
        fs->ClearLog();
      }
      forgotten_.pop_front();
    }
  }

  MemoryFileSystem background_fs_, foreground_fs_;
  Program background_, foreground_;
  std::deque<object::AsyncSave> under_way_;
  std::deque<std::string> forgotten_;
  std::string last_;
  int compared_ = 0;
};

void InSteps(int saves) {
  Random random(20261128, 1);
  const auto steps = std::make_shared<Steps>();
  Twins twins(steps);
  int late = 0;
  for (int save = 0; save < saves; ++save) {
    // An incremental save takes from the latest there is when it is written; in
    // the foreground that is the one before.
    while (steps->pending() == 2 ||
           (OptionsOf(save).incremental && steps->pending() > 0)) {
      steps->Step();
    }
    twins.Save(save);
    late += steps->pending() == 2 ? 1 : 0;
    while (random.Below(2) == 0 && steps->Step()) {
      twins.Scribble(static_cast<float>(save));
    }
    twins.Compare();
  }
  while (steps->Step()) {
  }
  twins.Finish();
  std::printf("steps   %6d saves compared, %d begun while one waited\n",
              twins.compared(), late);
}

void ByThread(int saves) {
  Twins twins(nullptr);
  uint64_t scribbles = 0;
  for (int save = 0; save < saves; ++save) {
    twins.Save(save);
    do {
      twins.Scribble(static_cast<float>(++scribbles));
    } while (!twins.OldestIsReady());
    twins.Compare();
  }
  twins.Finish();
  std::printf(
      "thread  %6d saves compared, values written %llu times meanwhile\n",
      twins.compared(), static_cast<unsigned long long>(scribbles));
}

// How often `told` has the error of the save.
int TimesTold(const std::vector<std::string>& told, const std::string& error) {
  int times = 0;
  for (const std::string& text : told) {
    for (size_t at = text.find(error); at != std::string::npos;
         at = text.find(error, at + 1)) {
      ++times;
    }
  }
  return times;
}

// One manager's life: some saves, of which some fail.
class Errors {
 public:
  Errors(uint64_t seed, int saves) : random_(seed, 2), saves_(saves) {}

  // Returns how many failed.
  int Run() {
    Program program(fs_);
    program.checkpoint.UseExecutor(steps_);
    {
      auto manager = object::CheckpointManager::Create(
          &program.checkpoint, "d", {.max_to_keep = 2, .log = Teller()});
      Expect(manager.status(), "Create");
      for (int i = 0; i < saves_; ++i) Save(program, **manager, i);
      while (Step()) {
      }
      if (random_.Below(2) == 0) Tell((*manager)->Sync());
    }
    int failed = 0;
    for (const object::AsyncSave& save : begun_) {
      const Status status = save.committed.get();
      if (status.ok()) continue;
      ++failed;
      const std::string error = TagOf(Message(status));
      if (TimesTold(told_, error) != 1) {
        Wrong(StrCat(save.path, ": ", Message(status), ": told ",
                     TimesTold(told_, error), " times"));
      }
    }
    CheckLast();
    return failed;
  }

 private:
  std::function<void(const Status&)> Teller() {
    return [this](const Status& status) { Tell(status); };
  }
  void Tell(const Status& status) {
    if (!status.ok()) told_.emplace_back(Message(status));
  }
  static std::string TagOf(std::string_view text) {
    const size_t at = text.find("fault <");
    if (at == std::string_view::npos) return std::string(text);
    return std::string(text.substr(at, text.find('>', at) + 1 - at));
  }

  // Each piece of work may meet one fault, which has a number of its own.
  bool Step() {
    if (steps_->pending() == 0) return false;
    if (random_.Below(3) == 0) {
      fs_.FailCall(static_cast<int>(random_.Below(30)),
                   UnavailableError(StrCat("fault <", ++faults_, ">")));
    }
    steps_->Step();
    fs_.Clear();
    return true;
  }

  void Save(Program& program, object::CheckpointManager& manager, int i) {
    while (steps_->pending() == 2) Step();
    program.Set(static_cast<uint64_t>(i) + 1);
    object::ManagedSave what;
    what.options = OptionsOf(i);
    const auto begun = manager.SaveAsync(what);
    Expect(begun.status(), "SaveAsync");
    if (!begun.ok()) return;
    Tell(begun->earlier_error);
    begun_.push_back(*begun);
    if (random_.Below(2) == 0) Step();
    if (random_.Below(8) == 0) {
      while (Step()) {
      }
      Tell(manager.Sync());
    }
  }

  // No save was dropped because another had failed: the last good one is
  // there, with its values.
  void CheckLast() {
    for (size_t i = begun_.size(); i > 0; --i) {
      if (!begun_[i - 1].committed.get().ok()) continue;
      Program other(memory_);
      const auto status = other.checkpoint.Restore(begun_[i - 1].path);
      Expect(status.status(), begun_[i - 1].path);
      if (other.step.data<int64_t>()[0] != static_cast<int64_t>(i)) {
        Wrong(StrCat(begun_[i - 1].path, ": other values"));
      }
      return;
    }
  }

  MemoryFileSystem memory_;
  FaultFileSystem fs_{memory_};
  std::shared_ptr<Steps> steps_ = std::make_shared<Steps>();
  Random random_;
  const int saves_;
  int faults_ = 0;
  std::vector<object::AsyncSave> begun_;
  std::vector<std::string> told_;
};

void WithErrors(int saves) {
  constexpr int kSavesOfAManager = 20;
  int done = 0, failed = 0;
  for (uint64_t seed = 0; done < saves; ++seed) {
    failed += Errors(seed, kSavesOfAManager).Run();
    done += kSavesOfAManager;
  }
  if (failed == 0) Wrong("no save failed");
  std::printf("errors  %6d saves, %d failed, each told once\n", done, failed);
}

int Main(std::span<char*> arguments) {
  int saves = 100;
  if (arguments.size() == 2 && std::string_view(arguments[0]) == "--saves") {
    std::from_chars(arguments[1], arguments[1] + std::strlen(arguments[1]),
                    saves);
  } else if (!arguments.empty()) {
    std::printf("usage: async_saves [--saves N]\n");
    return 2;
  }
  InSteps(saves);
  ByThread(saves);
  WithErrors(saves);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cairn::reliability

int main(int argc, char** argv) {
  return cairn::reliability::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
