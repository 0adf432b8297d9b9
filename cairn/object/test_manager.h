// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For the tests of CheckpointManager: a checkpoint of one variable, and
// TensorFlow's recorded histories.
#ifndef CAIRN_OBJECT_TEST_MANAGER_H_
#define CAIRN_OBJECT_TEST_MANAGER_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/clock.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/object/test_support.h"

namespace cairn::object {

// A checkpoint of one variable.
struct Subject {
  explicit Subject(FileSystem& fs) : checkpoint(fs, {{"v", &v}}) {}
  std::unique_ptr<CheckpointManager> Manage(const std::string& directory,
                                            CheckpointManagerOptions options) {
    auto manager =
        CheckpointManager::Create(&checkpoint, directory, std::move(options));
    EXPECT_TRUE(manager.ok()) << manager.status();
    return *std::move(manager);
  }
  void Set(float value) {
    ASSERT_TRUE(v.Assign(Floats({2}, {value, -value})).ok());
  }

  Variable v{"Variable", Floats({2}, {1, -1})};
  Checkpoint checkpoint;
};

// The value in a checkpoint; nothing if it is not intact.
inline std::optional<float> ValueIn(FileSystem& fs, const std::string& path) {
  Subject subject(fs);
  subject.Set(-1000);
  if (!subject.checkpoint.Read(path).ok()) return std::nullopt;
  const std::span<const float> v = subject.v.data<float>();
  return v[0] == -v[1] ? std::optional<float>(v[0]) : std::nullopt;
}

// A recorded history, one row after another.
class History {
 public:
  explicit History(const std::string& name)
      : doc_(GoldenJson(
            GoldenPath(StrCat("retention/manager/", name, ".json")))),
        clock(doc_["clock_start"]) {}

  const nlohmann::json& options() const { return doc_["options"]; }
  bool done() const { return row_ == doc_["steps"].size(); }
  // Moves to the next row and sets the clock to its time.
  const nlohmann::json& Next() {
    clock.Set(doc_["steps"][row_]["clock"]);
    return doc_["steps"][row_++];
  }
  std::string call() const { return doc_["steps"][row_]["call"]; }
  std::string error() const {
    return doc_["steps"][row_ - 1]["error"]["message"];
  }

  // Compares directory, state file and manager with the row just taken.
  void Expect(const StatusOr<std::string>& returned, const std::string& dir,
              const CheckpointManager* manager) {
    const nlohmann::json& row = doc_["steps"][row_ - 1];
    SCOPED_TRACE(StrCat(row_ - 1, ": ", row["call"].get<std::string>()));
    ASSERT_TRUE(returned.ok()) << returned.status();
    if (row["returned"].is_string()) {
      EXPECT_EQ(*returned, row["returned"].get<std::string>());
    }
    std::vector<std::string> files;
    for (const nlohmann::json& file : row["files"]) {
      if (!file.get<std::string>().ends_with('/')) files.push_back(file);
    }
    EXPECT_EQ(FilesIn(dir), files);
    const auto state = fs.ReadFile(JoinPath(dir, "checkpoint"), 1 << 20);
    if (row["state"].is_null()) {
      EXPECT_FALSE(state.ok());
    } else {
      EXPECT_EQ(state.value_or("none"), row["state"].get<std::string>());
    }
    if (manager == nullptr) return;
    const nlohmann::json& props =
        row.contains("checkpoints") ? row : row["returned"];
    if (!props.is_object()) return;
    EXPECT_EQ(nlohmann::json(manager->checkpoints()), props["checkpoints"]);
    EXPECT_EQ(manager->latest_checkpoint().value_or(""),
              props["latest_checkpoint"].get<std::string>());
  }

  std::vector<std::string> FilesIn(const std::string& dir) const {
    const std::string start = dir == "." ? "" : dir + "/";
    std::vector<std::string> files;
    for (const auto& [path, contents] : fs.Files()) {
      // The lock, which stands there while a manager may save.
      if (path.ends_with("/.cairn-lock")) continue;
      if (path.starts_with(start)) files.push_back(path.substr(start.size()));
    }
    return files;
  }

 private:
  nlohmann::json doc_;
  size_t row_ = 0;

 public:
  FakeClock clock;
  MemoryFileSystem fs{&clock};
};

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_TEST_MANAGER_H_
