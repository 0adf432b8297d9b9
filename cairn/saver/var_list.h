// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a Saver saves, TensorFlow's var_list: variables, slices of partitioned
// variables and other objects with values, under their own names or others.
//
//   std::vector<SaverItem> items;
//   items.push_back(SaverItem::Own(SaverPart::Of(kernel, "/cpu:1")));
//   items.push_back(SaverItem::Named("old/bias", SaverPart::Of(bias)));
//   items.push_back(SaverItem::Slices("table", table.parts()));
//   CAIRN_ASSIGN_OR_RETURN(auto saver, Saver::CreateFromItems(fs, items));
//
// Everything is borrowed and must outlive the Saver.
#ifndef CAIRN_SAVER_VAR_LIST_H_
#define CAIRN_SAVER_VAR_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/trackable.h"
#include "cairn/tensor/variable.h"

namespace cairn::saver {

// Which part of a larger tensor a variable is; its own shape says how large.
struct SliceInfo {
  std::string full_name;
  Shape full_shape;
  std::vector<int64_t> offset;  // one per dimension
};

// One object that has values.
struct SaverPart {
  Trackable* object = nullptr;   // a Variable, or anything with Saveables
  Saveable* saveable = nullptr;  // or one value, if there is no object
  // Where it lives, as TensorFlow spells it ("/job:ps/task:1/cpu:0"): a sharded
  // Saver makes one data file for each that differs.
  std::string device;
  std::optional<SliceInfo> slice;

  static SaverPart Of(Trackable& object, std::string device = "") {
    return {&object, nullptr, std::move(device), std::nullopt};
  }
  static SaverPart Of(Variable& variable, SliceInfo slice,
                      std::string device = "") {
    return {&variable, nullptr, std::move(device), std::move(slice)};
  }
  static SaverPart OfValue(Saveable& saveable, std::string device = "") {
    return {nullptr, &saveable, std::move(device), std::nullopt};
  }
};

// One element of TensorFlow's list, or one entry of its dict.
struct SaverItem {
  // Saved under its own name; a slice under its tensor's full name; an object
  // that is no variable with each of its values under that one's full name.
  static SaverItem Own(SaverPart part);
  // Saved under `name`, whole even if it is a slice. Values of an object that
  // is no variable are named `name`, if the attribute is VARIABLE_VALUE, else
  // `name_<attribute>`.
  static SaverItem Named(std::string name, SaverPart part);
  // Slices of one partitioned variable, saved as the tensor `name`.
  static SaverItem Slices(std::string name, std::vector<SaverPart> parts);

  std::optional<std::string> name;
  std::vector<SaverPart> parts;
  bool is_slices = false;
};

// What a graph's collections hold: a Saver without a var_list saves the
// variables and the saveable objects, not the local variables.
struct GraphCollections {
  std::vector<Variable*> global_variables;
  std::vector<Variable*> local_variables;
  std::vector<SaverItem> saveable_objects;
};

// --- of this room ---

// One value and what it is called in the checkpoint.
struct SaveSpec {
  std::string key;
  Saveable* saveable = nullptr;
  Variable* variable = nullptr;  // null: another kind of object
  std::string device;            // canonical
  // Of a slice: the whole tensor's shape and where in it.
  std::optional<Shape> full_shape = std::nullopt;
  TensorSlice slice = {};
};

// All values in the order TensorFlow saves them: by name, slices in their own
// order. InvalidArgument, in TensorFlow's words, for what cannot be saved.
StatusOr<std::vector<SaveSpec>> FlattenItems(
    const std::vector<SaverItem>& items);

// "/cpu:1" -> "/device:CPU:1"; parts in the order job, replica, task, device.
// InvalidArgument for text that names no device.
StatusOr<std::string> CanonicalDevice(std::string_view device);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_VAR_LIST_H_
