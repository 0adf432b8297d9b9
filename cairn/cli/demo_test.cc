// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "cairn/base/memory_file_system.h"
#include "cairn/cli/demo_command.h"
#include "cairn/cli/fit_progress.h"
#include "cairn/cli/test_console.h"

namespace cairn::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string BigEndian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift);
  }
  return out;
}

// Images of noise: what is learned does not matter here, only what is saved.
void PutMnist(MemoryFileSystem& fs, const std::string& name, uint32_t count) {
  std::string images =
      BigEndian(0x803) + BigEndian(count) + BigEndian(28) + BigEndian(28);
  std::string labels = BigEndian(0x801) + BigEndian(count);
  uint32_t noise = 1;
  for (uint32_t i = 0; i < count; ++i) {
    labels += static_cast<char>(i % 10);
    for (int pixel = 0; pixel < 28 * 28; ++pixel) {
      noise = noise * 1664525u + 1013904223u;
      images += static_cast<char>(noise >> 24);
    }
  }
  fs.Put("mnist/" + name + "-images-idx3-ubyte", images);
  fs.Put("mnist/" + name + "-labels-idx1-ubyte", labels);
}

class DemoTest : public testing::Test {
 protected:
  DemoTest() {
    PutMnist(fs_, "train", 96);
    PutMnist(fs_, "t10k", 20);
    options_.data_dir = "mnist";
    options_.out_dir = "out";
    options_.epochs = 1;
    options_.batch_size = 32;
    options_.threads = 1;
  }

  // Plays it and returns what it printed.
  std::string Play() {
    TestConsole console;
    const StatusOr<DemoOutcome> outcome =
        PlayDemo(fs_, options_, console.console);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(outcome.ok() && *outcome == DemoOutcome::kAllEqual);
    return console.out.str();
  }

  uint64_t SizeOf(const std::string& path) {
    const StatusOr<FileInfo> info = fs_.Stat(path);
    EXPECT_TRUE(info.ok()) << info.status();
    return info.ok() ? info->size : 0;
  }

  MemoryFileSystem fs_;
  DemoOptions options_;
};

TEST_F(DemoTest, WritesFilesOfTensorFlowsSizes) {
  Play();
  EXPECT_EQ(SizeOf("out/tf_ckpt/checkpoint"), 67u);
  EXPECT_EQ(SizeOf("out/tf_ckpt/model.index"), 629u);
  EXPECT_EQ(SizeOf("out/tf_ckpt/model.data-00000-of-00001"), 220904u);
  EXPECT_EQ(SizeOf("out/tf_ckpt_v2/ckpt-1.index"), 3122u);
  EXPECT_EQ(SizeOf("out/tf_ckpt_v2/ckpt-1.data-00000-of-00001"), 668817u);
  EXPECT_TRUE(fs_.Exists("out/tf_ckpt/model.meta"));
}

TEST_F(DemoTest, FindsAllSharedValuesEqual) {
  const std::string text = Play();
  EXPECT_THAT(text, HasSubstr("16 of 16 shared values are equal bit for bit"));
  EXPECT_THAT(text, HasSubstr("24 slot"));
  EXPECT_THAT(text, HasSubstr("the object graph describes 62 objects"));
  EXPECT_THAT(text, HasSubstr("every value of the checkpoint found its "
                              "object: 47 values; step 2"));
  EXPECT_THAT(text, Not(HasSubstr("NOT THE SAME")));
}

TEST_F(DemoTest, RunsTheGraphOfTheCheckpointToTheSameAnswers) {
  const std::string text = Play();
  EXPECT_THAT(text, HasSubstr("restored from out/tf_ckpt/model by its own "
                              "nodes:\n  run: test loss "));
  EXPECT_THAT(text, HasSubstr("largest difference of 200 probabilities from "
                              "the saved model's: "));
  EXPECT_THAT(text, Not(HasSubstr("NOT THE SAME")));
}

TEST_F(DemoTest, ResumesWithTheOptimizerOnlyUnderCheckpoint) {
  EXPECT_THAT(Play(), HasSubstr("Initializing from scratch."));
  const std::string text = Play();
  EXPECT_THAT(text, Not(HasSubstr(".cairn-lock")));
  EXPECT_THAT(text, Not(HasSubstr("Initializing from scratch.")));
  EXPECT_THAT(text, HasSubstr("Restored from out/tf_ckpt/model; Adam goes on "
                              "from step 0\n"));
  EXPECT_THAT(text, HasSubstr("Restored from out/tf_ckpt_v2/ckpt-1; Adam goes "
                              "on from step 3\n"));
  EXPECT_TRUE(fs_.Exists("out/tf_ckpt_v2/ckpt-2.index"));
}

TEST_F(DemoTest, KeepsTheThreeNewestOfTheManager) {
  options_.epochs = 4;
  Play();
  EXPECT_FALSE(fs_.Exists("out/tf_ckpt_v2/ckpt-1.index"));
  EXPECT_TRUE(fs_.Exists("out/tf_ckpt_v2/ckpt-2.index"));
  EXPECT_TRUE(fs_.Exists("out/tf_ckpt_v2/ckpt-4.index"));
}

TEST_F(DemoTest, SameSeedGivesTheSameBytes) {
  Play();
  const auto first = fs_.Files();
  options_.out_dir = "again";
  Play();
  const auto files = fs_.Files();
  const std::string data = "tf_ckpt_v2/ckpt-1.data-00000-of-00001";
  EXPECT_EQ(files.at("again/" + data), first.at("out/" + data));
  options_.out_dir = "other";
  ++options_.seed;
  Play();
  EXPECT_NE(fs_.Files().at("other/" + data), first.at("out/" + data));
}

TEST_F(DemoTest, StartsOverAndLeavesStrangersAloneWhenFresh) {
  options_.epochs = 2;
  Play();
  fs_.Put("out/tf_ckpt_v2/notes.txt", "mine");
  options_.epochs = 1;
  options_.fresh = true;
  EXPECT_THAT(Play(), HasSubstr("Initializing from scratch."));
  EXPECT_TRUE(fs_.Exists("out/tf_ckpt_v2/ckpt-1.index"));
  EXPECT_FALSE(fs_.Exists("out/tf_ckpt_v2/ckpt-2.index"));
  EXPECT_EQ(fs_.Files().at("out/tf_ckpt_v2/notes.txt"), "mine");
}

TEST_F(DemoTest, NamesTheMissingDataFile) {
  ASSERT_TRUE(fs_.Remove("mnist/t10k-labels-idx1-ubyte").ok());
  TestConsole console;
  EXPECT_EQ(RunDemo(fs_, options_, console.console), kExitTrouble);
  EXPECT_THAT(console.err.str(), HasSubstr("mnist/t10k-labels-idx1-ubyte"));
}

TEST_F(DemoTest, RejectsOptionsOutOfRange) {
  const auto rejected = [&](DemoOptions options) {
    TestConsole console;
    return RunDemo(fs_, options, console.console) == kExitTrouble
               ? console.err.str()
               : "accepted";
  };
  DemoOptions options = options_;
  options.epochs = 0;
  EXPECT_THAT(rejected(options), HasSubstr("--epochs"));
  options = options_;
  options.batch_size = 0;
  EXPECT_THAT(rejected(options), HasSubstr("--batch-size"));
  options = options_;
  options.train_limit = -1;
  EXPECT_THAT(rejected(options), HasSubstr("--limit"));
  options = options_;
  options.threads = -1;
  EXPECT_THAT(rejected(options), HasSubstr("--threads"));
  EXPECT_FALSE(fs_.Exists("out/tf_ckpt/checkpoint"));
}

nn::BatchInfo Info(int64_t batch, int64_t batches) {
  nn::BatchInfo info;
  info.batch = batch;
  info.batches = batches;
  info.logs = {.loss = 0.25, .accuracy = 0.875};
  return info;
}

TEST(FitProgressLine, ShowsTimeLeftWhileRunning) {
  EXPECT_EQ(FitProgressLine(Info(234, 469), 0.47),
            "235/469 [===============>..............] - ETA: 0s - loss: 0.2500 "
            "- sparse_categorical_accuracy: 0.8750");
}

TEST(FitProgressLine, ShowsTimePerStepWhenDone) {
  EXPECT_EQ(FitProgressLine(Info(468, 469), 0.938),
            "469/469 [==============================] - 1s 2ms/step - loss: "
            "0.2500 - sparse_categorical_accuracy: 0.8750");
}

TEST(FitProgressLine, AlignsTheFirstSteps) {
  EXPECT_THAT(FitProgressLine(Info(0, 469), 0.1),
              testing::StartsWith("  1/469 [>......"));
}

TEST(FitProgress, PrintsOneLineAnEpochOffTerminals) {
  std::ostringstream out;
  FitProgress progress(out, ProgressStyle::kPlain);
  ASSERT_TRUE(progress.OnEpochBegin(0).ok());
  for (int64_t batch = 0; batch < 10; ++batch) {
    ASSERT_TRUE(progress.OnBatchEnd(Info(batch, 10)).ok());
  }
  EXPECT_THAT(out.str(), testing::StartsWith("10/10 [====="));
  EXPECT_THAT(out.str(), Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace cairn::cli
