// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the tests of this room share: variables of a single number, and models
// made of a checkpoint's contents.
#ifndef CAIRN_SAVER_TEST_MODELS_H_
#define CAIRN_SAVER_TEST_MODELS_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/saver/saver.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

inline std::string GoldenPath(const std::string& name) {
  return std::string(CAIRN_GOLDEN_DIR "/cases/") + name;
}

inline std::string GoldenBytes(const std::string& name) {
  auto bytes = LocalFileSystem().ReadFile(GoldenPath(name), 100 << 20);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *std::move(bytes) : "";
}

inline std::unique_ptr<Saver> MakeSaver(FileSystem& fs,
                                        const std::vector<Variable*>& variables,
                                        SaverOptions options = {}) {
  auto saver = Saver::Create(fs, variables, std::move(options));
  EXPECT_TRUE(saver.ok()) << saver.status();
  return *std::move(saver);
}

// A model of three variables that all hold the same number: any mix of two
// saves is seen.
class Numbers {
 public:
  explicit Numbers(float value) {
    for (const char* name : {"b", "a", "scope/c"}) {
      variables_.push_back(
          std::make_unique<Variable>(name, Tensor::Scalar<float>(value)));
    }
  }
  std::vector<Variable*> variables() const {
    std::vector<Variable*> all;
    for (const auto& v : variables_) all.push_back(v.get());
    return all;
  }
  void Set(float value) {
    for (const auto& v : variables_) v->data<float>()[0] = value;
  }
  // A Saver of them, each on a device of its own.
  std::unique_ptr<Saver> OnThreeDevices(FileSystem& fs,
                                        SaverOptions options) const {
    const char* const kDevices[] = {"/cpu:1", "", "/cpu:0"};
    std::vector<SaverItem> items;
    for (size_t i = 0; i < variables_.size(); ++i) {
      items.push_back(
          SaverItem::Own(SaverPart::Of(*variables_[i], kDevices[i])));
    }
    auto saver = Saver::CreateFromItems(fs, items, std::move(options));
    EXPECT_TRUE(saver.ok()) << saver.status();
    return *std::move(saver);
  }
  // The number all hold; -1 if they differ.
  float value() const {
    const float first = variables_[0]->data<float>()[0];
    for (const auto& v : variables_) {
      if (v->data<float>()[0] != first) return -1;
    }
    return first;
  }

 private:
  std::vector<std::unique_ptr<Variable>> variables_;
};

// Variables with the tensors of a checkpoint, in an order that is not sorted.
class Loaded {
 public:
  Loaded(FileSystem& fs, const std::string& prefix) {
    auto reader = bundle::BundleReader::Open(fs, prefix);
    EXPECT_TRUE(reader.ok()) << reader.status();
    if (!reader.ok()) return;
    for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
      auto value = (*reader)->Read(it->key());
      EXPECT_TRUE(value.ok()) << value.status();
      variables_.insert(variables_.begin(),
                        std::make_unique<Variable>(std::string(it->key()),
                                                   *std::move(value)));
    }
  }
  std::vector<Variable*> variables() const {
    std::vector<Variable*> all;
    for (const auto& v : variables_) all.push_back(v.get());
    return all;
  }

 private:
  std::vector<std::unique_ptr<Variable>> variables_;
};

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_TEST_MODELS_H_
