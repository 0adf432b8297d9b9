// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// CustomObject: what is not a variable and belongs into checkpoints: the
// position of an iterator, a vocabulary, text of any kind. One attribute for
// each value.
//
//   CustomObject position({{.attribute = "position",
//                           .dtype = DataType::kInt64,
//                           .shape = PartialShape(),
//                           .get = [&] { return Tensor::Scalar(data.at()); },
//                           .set = [&](Tensor t) {
//                             return data.Seek(t.data<int64_t>()[0]);
//                           }}});
//   // TensorFlow's PythonState:
//   CustomObject config({StringState([&] { return json.dump(); },
//                                    [&](const std::string& text) {
//                                      return Parse(text, &json);
//                                    })});
//
// Thread rule: that of Trackable.
#ifndef CAIRN_TENSOR_CUSTOM_VALUE_H_
#define CAIRN_TENSOR_CUSTOM_VALUE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/partial_shape.h"
#include "cairn/tensor/trackable.h"

namespace cairn {

struct CustomValue {
  std::string attribute;  // its name in the object graph
  // What a stored value must be; kInvalid: anything.
  DataType dtype = DataType::kInvalid;
  PartialShape shape = PartialShape::AnyRank();
  // The value now. An invalid tensor: nothing to save yet.
  std::function<StatusOr<Tensor>()> get;
  // Takes a value of that dtype and shape over, or fails and changes nothing.
  std::function<Status(Tensor)> set;
  // For several tensors of one attribute: what follows its key.
  std::string key_suffix = "";
  // Key in name-based checkpoints; "": none.
  std::string full_name = "";
};

// One string under the attribute "py_state", which is saved after all tensors.
CustomValue StringState(std::function<std::string()> get,
                        std::function<Status(const std::string&)> set);

class CustomObject : public Trackable {
 public:
  explicit CustomObject(std::vector<CustomValue> values);
  ~CustomObject() override;

  std::vector<Saveable*> Saveables() override;

 private:
  class Adapter;
  std::vector<std::unique_ptr<Adapter>> values_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_CUSTOM_VALUE_H_
