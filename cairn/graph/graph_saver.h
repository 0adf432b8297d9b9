// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What the Saver of an exported graph is like: TensorFlow's options of
// `tf.compat.v1.train.Saver` as far as its nodes and SaverDef show them.
#ifndef CAIRN_GRAPH_GRAPH_SAVER_H_
#define CAIRN_GRAPH_GRAPH_SAVER_H_

#include <cstdint>
#include <string>

namespace cairn::graph {

// SaverDef's numbers.
enum class SaverVersion { kV1 = 1, kV2 = 2 };
enum class Sharding {
  kNone,
  kByDevice,  // a data file per device; graphs made here have one device
};

struct GraphSaverOptions {
  std::string name = "save";  // scope of the nodes; made unique: save_1
  // Where a program saves that feeds no prefix.
  std::string filename = "model";
  int32_t max_to_keep = 5;  // 0: all
  float keep_checkpoint_every_n_hours = 10000.0f;
  Sharding sharding = Sharding::kNone;
  SaverVersion version = SaverVersion::kV2;
};

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_GRAPH_SAVER_H_
