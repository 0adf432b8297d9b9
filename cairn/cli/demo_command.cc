// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/demo_command.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

void DeclareDemo(CLI::App& verb, DemoOptions& options) {
  verb.add_option(
          "--data", options.data_dir,
          "Directory with the four MNIST files, train-images-idx3-ubyte "
          "and so on (`make mnist` fetches them)")
      ->required()
      ->type_name("DIR");
  verb.add_option("--out", options.out_dir,
                  "Where tf_ckpt/ and tf_ckpt_v2/ are written")
      ->capture_default_str()
      ->type_name("DIR");
  verb.add_option("--epochs", options.epochs,
                  "Epochs to train under each system")
      ->capture_default_str();
  verb.add_option("--batch-size", options.batch_size, "Images a step")
      ->capture_default_str();
  verb.add_option("--limit", options.train_limit,
                  "Train on the first N images only; 0: all")
      ->capture_default_str();
  verb.add_option("--seed", options.seed,
                  "Of the initial weights and the shuffling")
      ->capture_default_str();
  verb.add_option("--threads", options.threads,
                  "Cores to compute on; 0: all there are")
      ->capture_default_str();
  verb.add_flag("--fresh", options.fresh,
                "Start over instead of resuming from the latest checkpoints in "
                "--out, which are removed");
  verb.footer(
      "Examples:\n"
      "  cairn demo --data mnist --out demo-out\n"
      "  cairn demo --data mnist --epochs 1 --limit 1280 --fresh\n"
      "\n"
      "Exit status: 0 everything came back equal; 1 something did not;\n"
      "2 wrong use, or something cannot be read or written.");
}

int RunDemo(FileSystem& fs, const DemoOptions& options, Console& console) {
  const StatusOr<DemoOutcome> outcome = PlayDemo(fs, options, console);
  if (!outcome.ok()) return Report(outcome.status(), console);
  return *outcome == DemoOutcome::kAllEqual ? kExitOk : kExitNo;
}

}  // namespace cairn::cli
