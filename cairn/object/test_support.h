// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For the tests of this room: plain objects to build graphs from, and the
// golden checkpoints that TensorFlow made.
#ifndef CAIRN_OBJECT_TEST_SUPPORT_H_
#define CAIRN_OBJECT_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/object/object_graph.h"
#include "cairn/tensor/variable.h"

namespace cairn::object {

// An object with nothing but edges.
class Group : public Trackable {};

// An optimizer as far as checkpoints see it: slots of float32, zero when made.
class SlotGroup : public Group, private SlotProvider {
 public:
  explicit SlotGroup(std::vector<std::string> names)
      : names_(std::move(names)) {}
  SlotProvider* slots() override { return this; }

  Variable* Find(const Trackable& variable, const std::string& name) {
    const auto found = slots_.find({&variable, name});
    return found == slots_.end() ? nullptr : found->second.get();
  }
  Variable* Make(Variable& variable, const std::string& name) {
    std::unique_ptr<Variable>& slot = slots_[{&variable, name}];
    if (slot == nullptr) {
      slot = std::make_unique<Variable>(
          StrCat(prefix, variable.name(), "/", name),
          *Tensor::Create(DataType::kFloat, variable.shape()),
          Variable::Trainable::kNo);
    }
    return slot.get();
  }
  size_t slot_count() const { return slots_.size(); }

  std::string prefix = "Adam/";  // of the slots' full names

 private:
  std::vector<std::string> SlotNames() const override { return names_; }
  Trackable* Slot(const Trackable& variable, std::string_view name) override {
    return Find(variable, std::string(name));
  }
  Trackable* SlotForRestore(Trackable& variable,
                            std::string_view name) override {
    auto* const v = dynamic_cast<Variable*>(&variable);
    const bool known =
        std::find(names_.begin(), names_.end(), name) != names_.end();
    return v == nullptr || !known ? nullptr : Make(*v, std::string(name));
  }

  std::vector<std::string> names_;
  std::map<std::pair<const Trackable*, std::string>, std::unique_ptr<Variable>>
      slots_;
};

// Owns objects.
class Arena {
 public:
  Variable* Add(std::string name, Tensor value) {
    auto variable =
        std::make_unique<Variable>(std::move(name), std::move(value));
    Variable* const result = variable.get();
    objects_.push_back(std::move(variable));
    return result;
  }
  Variable* AddZeros(std::string name, Shape shape,
                     DataType dtype = DataType::kFloat) {
    return Add(std::move(name), *Tensor::Create(dtype, std::move(shape)));
  }
  template <typename T = Group, typename... Args>
  T* Make(Args&&... args) {
    auto object = std::make_unique<T>(std::forward<Args>(args)...);
    T* const result = object.get();
    objects_.push_back(std::move(object));
    return result;
  }

 private:
  std::vector<std::unique_ptr<Trackable>> objects_;
};

inline Tensor Floats(Shape shape, std::vector<float> values) {
  Tensor tensor = *Tensor::Create(DataType::kFloat, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.data<float>().begin());
  return tensor;
}

inline std::vector<float> FloatsOf(const Variable& variable) {
  const std::span<const float> data = variable.data<float>();
  return {data.begin(), data.end()};
}

inline std::filesystem::path GoldenPath(const std::string& path) {
  return std::filesystem::path(CAIRN_GOLDEN_DIR) / "cases" / path;
}

inline std::string ReadGolden(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline nlohmann::json GoldenJson(const std::filesystem::path& path) {
  return nlohmann::json::parse(ReadGolden(path));
}

// Puts the files of a golden directory (not of those below) into `dir`.
inline void PutGolden(MemoryFileSystem& fs, const std::string& golden,
                      const std::string& dir) {
  for (const auto& entry :
       std::filesystem::directory_iterator(GoldenPath(golden))) {
    if (!entry.is_regular_file()) continue;
    fs.Put(JoinPath(dir, entry.path().filename().string()),
           ReadGolden(entry.path()));
  }
}

}  // namespace cairn::object

#endif  // CAIRN_OBJECT_TEST_SUPPORT_H_
