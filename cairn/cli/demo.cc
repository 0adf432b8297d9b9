// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/cli/demo_graph.h"
#include "cairn/cli/demo_report.h"
#include "cairn/cli/fit_progress.h"
#include "cairn/data/mnist.h"
#include "cairn/graph/training_graph.h"
#include "cairn/nn/lenet5.h"
#include "cairn/nn/optimizer.h"
#include "cairn/nn/sequential.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/saver/saver.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

constexpr int64_t kEvaluateBatch = 1000;
// Of probabilities that the graph and the model compute, each in its own order.
constexpr float kGraphTolerance = 1e-5f;
// Steps a restored model is trained on, to show that it goes on from there.
constexpr int64_t kContinueSteps = 100;

// The network with its optimizer.
struct LeNet5 {
  LeNet5(uint64_t seed, int64_t threads)
      : net({.input_shape = {28, 28, 1},
             .seed = seed,
             .threads = static_cast<int>(threads)}) {}

  Status Build() {
    CAIRN_RETURN_IF_ERROR(nn::AddLeNet5(net));
    return net.Compile({.optimizer = &adam});
  }

  nn::Adam adam;
  nn::Sequential net;
};

// What a trained model answers: enough to tell two models apart.
struct Answers {
  nn::Logs test;
  Tensor predictions;  // [N,10]
};

float LargestDifference(const Tensor& a, const Tensor& b) {
  float largest = 0;
  const auto x = a.data<float>(), y = b.data<float>();
  for (size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::fabs(x[i] - y[i]));
  }
  return largest;
}

// The first `count` examples of `view`, without a copy.
StatusOr<TensorView> Head(const TensorView& view, int64_t count) {
  if (count >= view.shape().dim(0)) return view;
  std::vector<int64_t> dims(view.shape().dims().begin(),
                            view.shape().dims().end());
  dims[0] = count;
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  CAIRN_ASSIGN_OR_RETURN(const int64_t size,
                         ByteSize(shape, DataTypeSize(view.dtype())));
  return TensorView::Create(view.dtype(), std::move(shape),
                            view.bytes().substr(0, static_cast<size_t>(size)));
}

// Removes what an earlier run left in one of the demo's own directories, and
// nothing else: only checkpoints and the state file.
Status RemoveEarlierRun(FileSystem& fs, const std::string& dir) {
  if (!fs.IsDirectory(dir)) return OkStatus();
  const std::string state_file = JoinPath(dir, state::kDefaultStateFile);
  if (fs.Exists(state_file)) CAIRN_RETURN_IF_ERROR(fs.Remove(state_file));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> prefixes,
                         state::ScanForCheckpoints(fs, dir));
  for (const std::string& prefix : prefixes) {
    CAIRN_RETURN_IF_ERROR(RollForward(fs, prefix));
    CAIRN_RETURN_IF_ERROR(
        state::RemoveCheckpoint(fs, prefix, state::RemoveMeta::kWithMeta));
  }
  return OkStatus();
}

class Demo {
 public:
  Demo(FileSystem& fs, const DemoOptions& options, Console& console)
      : fs_(fs),
        options_(options),
        console_(console),
        out_(console.out),
        v1_dir_(JoinPath(options.out_dir, "tf_ckpt")),
        v2_dir_(JoinPath(options.out_dir, "tf_ckpt_v2")) {}

  StatusOr<DemoOutcome> Run();

 private:
  Status Load();
  Status Prepare();
  Status TrainUnderSaver();
  Status TrainUnderManager();
  Status RestoreFromSaver();
  Status RestoreFromManager();
  Status RestoreAcross();
  Status RunRestoredGraph();
  Status Investigate();

  // One epoch, then `save`; the epoch's number only seeds the shuffling.
  Status TrainAndSave(LeNet5& model, int done,
                      const std::function<Status()>& save);
  StatusOr<Answers> Ask(LeNet5& model);
  void ShowAnswers(std::string_view who, const Answers& answers);
  void ShowResumed(const std::string& path, const LeNet5& model);
  // Whether a restored model answers as the one that was saved.
  Status CompareAnswers(LeNet5& restored, const Answers& saved);
  Status TrainOn(LeNet5& model);
  StatusOr<std::unique_ptr<LeNet5>> NewModel(uint64_t seed);
  StatusOr<std::string> Latest(const std::string& dir);

  FileSystem& fs_;
  const DemoOptions& options_;
  Console& console_;
  std::ostream& out_;
  const std::string v1_dir_, v2_dir_;
  data::Mnist mnist_;
  TensorView train_x_, train_y_;
  std::string v1_path_, v2_path_;
  Answers v1_answers_, v2_answers_;
  DemoOutcome outcome_ = DemoOutcome::kAllEqual;
};

StatusOr<DemoOutcome> Demo::Run() {
  CAIRN_RETURN_IF_ERROR(Load());
  CAIRN_RETURN_IF_ERROR(Prepare());
  PrintHeading(console_, "1. TF1: the name-based Saver");
  CAIRN_RETURN_IF_ERROR(TrainUnderSaver());
  PrintHeading(console_, "2. TF2: the object-based Checkpoint");
  CAIRN_RETURN_IF_ERROR(TrainUnderManager());
  PrintHeading(console_, "3. The two compared");
  CAIRN_RETURN_IF_ERROR(PrintComparison(fs_, v1_path_, v2_path_, out_));
  PrintHeading(console_, "4. Restored from each");
  CAIRN_RETURN_IF_ERROR(RestoreFromSaver());
  CAIRN_RETURN_IF_ERROR(RestoreFromManager());
  CAIRN_RETURN_IF_ERROR(RestoreAcross());
  PrintHeading(console_, "5. The graph restored and run");
  CAIRN_RETURN_IF_ERROR(RunRestoredGraph());
  PrintHeading(console_, "6. Inside");
  CAIRN_RETURN_IF_ERROR(Investigate());
  return outcome_;
}

Status Demo::Load() {
  CAIRN_ASSIGN_OR_RETURN(mnist_, data::LoadMnist(fs_, options_.data_dir));
  train_x_ = mnist_.train.images;
  train_y_ = mnist_.train.labels;
  if (options_.train_limit > 0) {
    CAIRN_ASSIGN_OR_RETURN(train_x_, Head(train_x_, options_.train_limit));
    CAIRN_ASSIGN_OR_RETURN(train_y_, Head(train_y_, options_.train_limit));
  }
  out_ << "LeNet-5 on MNIST: " << WithThousands(train_x_.shape().dim(0))
       << " images to train on, "
       << WithThousands(mnist_.test.images.shape().dim(0))
       << " to test on; batch " << options_.batch_size << ", seed "
       << options_.seed << "\n\n";
  return OkStatus();
}

Status Demo::Prepare() {
  if (options_.fresh) {
    CAIRN_RETURN_IF_ERROR(RemoveEarlierRun(fs_, v1_dir_));
    CAIRN_RETURN_IF_ERROR(RemoveEarlierRun(fs_, v2_dir_));
  }
  CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(v1_dir_));
  CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(v2_dir_));
  CAIRN_ASSIGN_OR_RETURN(const auto model, NewModel(options_.seed));
  out_ << model->net.Summary() << "\n";
  return OkStatus();
}

StatusOr<std::unique_ptr<LeNet5>> Demo::NewModel(uint64_t seed) {
  auto model = std::make_unique<LeNet5>(seed, options_.threads);
  CAIRN_RETURN_IF_ERROR(model->Build());
  return model;
}

// "" when the directory holds no checkpoint yet.
StatusOr<std::string> Demo::Latest(const std::string& dir) {
  std::string note;
  StatusOr<std::string> latest =
      state::LatestCheckpoint(fs_, dir, state::kDefaultStateFile, &note);
  if (absl::IsNotFound(latest.status())) return std::string();
  if (!note.empty()) out_ << "Note: " << note << "\n";
  return latest;
}

Status Demo::TrainAndSave(LeNet5& model, int done,
                          const std::function<Status()>& save) {
  FitProgress progress(out_, console_.out_is_terminal ? ProgressStyle::kLive
                                                      : ProgressStyle::kPlain);
  for (int epoch = 0; epoch < options_.epochs; ++epoch) {
    out_ << "Epoch " << epoch + 1 << "/" << options_.epochs << "\n";
    const nn::FitOptions fit = {.batch_size = options_.batch_size,
                                .seed = options_.seed,
                                .first_epoch = done + epoch,
                                .callback = &progress};
    CAIRN_RETURN_IF_ERROR(model.net.Fit(train_x_, train_y_, fit).status());
    CAIRN_RETURN_IF_ERROR(save());
  }
  return OkStatus();
}

StatusOr<Answers> Demo::Ask(LeNet5& model) {
  Answers answers;
  CAIRN_ASSIGN_OR_RETURN(
      answers.test, model.net.Evaluate(mnist_.test.images, mnist_.test.labels,
                                       {.batch_size = kEvaluateBatch}));
  CAIRN_ASSIGN_OR_RETURN(
      answers.predictions,
      model.net.Predict(mnist_.test.images, {.batch_size = kEvaluateBatch}));
  return answers;
}

void Demo::ShowAnswers(std::string_view who, const Answers& answers) {
  out_ << fmt::format("{}: test loss {:.4f}, test accuracy {:.4f}\n", who,
                      answers.test.loss, answers.test.accuracy.value_or(0));
}

// Where the optimizer goes on tells the systems apart: only one kept its state.
void Demo::ShowResumed(const std::string& path, const LeNet5& model) {
  out_ << "Restored from " << path << "; Adam goes on from step "
       << model.adam.iterations() << "\n";
}

// As the post's first program: the Saver is made before training, so it knows
// the model's variables and not the optimizer's, though the graph has both;
// each save overwrites the last.
Status Demo::TrainUnderSaver() {
  CAIRN_ASSIGN_OR_RETURN(const auto model, NewModel(options_.seed));
  CAIRN_ASSIGN_OR_RETURN(const auto saver,
                         saver::Saver::Create(fs_, model->net.Variables(),
                                              {.save_relative_paths = true}));
  CAIRN_ASSIGN_OR_RETURN(
      const graph::MetaGraph meta,
      graph::BuildTrainingMetaGraph(model->net.Config(),
                                    {.saved = graph::SavedVariables::kModel}));
  const std::string meta_graph = meta.Serialize();

  CAIRN_ASSIGN_OR_RETURN(const std::string latest, Latest(v1_dir_));
  if (latest.empty()) {
    out_ << "Initializing from scratch.\n";
  } else {
    CAIRN_RETURN_IF_ERROR(saver->Restore(latest));
    ShowResumed(latest, *model);
  }
  CAIRN_RETURN_IF_ERROR(TrainAndSave(*model, 0, [&]() -> Status {
    CAIRN_ASSIGN_OR_RETURN(v1_path_, saver->Save(JoinPath(v1_dir_, "model"),
                                                 {.meta_graph = meta_graph}));
    out_ << "Saved " << v1_path_ << "\n";
    return OkStatus();
  }));
  CAIRN_ASSIGN_OR_RETURN(v1_answers_, Ask(*model));
  ShowAnswers("Trained", v1_answers_);
  return PrintCheckpointDirectory(fs_, v1_dir_, out_);
}

Status Demo::TrainUnderManager() {
  CAIRN_ASSIGN_OR_RETURN(const auto model, NewModel(options_.seed));
  Variable step("Variable", Tensor::Scalar<int32_t>(1));
  object::Checkpoint checkpoint(
      fs_,
      {{"step", &step}, {"optimizer", &model->adam}, {"net", &model->net}});
  CAIRN_ASSIGN_OR_RETURN(auto manager,
                         object::CheckpointManager::Create(&checkpoint, v2_dir_,
                                                           {.max_to_keep = 3}));
  CAIRN_ASSIGN_OR_RETURN(const std::string latest, Latest(v2_dir_));
  if (latest.empty()) {
    out_ << "Initializing from scratch.\n";
  } else {
    CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                           checkpoint.Restore(latest));
    CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
    ShowResumed(latest, *model);
  }
  const int done = step.data<int32_t>()[0] - 1;
  CAIRN_RETURN_IF_ERROR(TrainAndSave(*model, done, [&]() -> Status {
    ++step.data<int32_t>()[0];
    CAIRN_ASSIGN_OR_RETURN(v2_path_, manager->Save());
    out_ << "Saved checkpoint for step " << step.data<int32_t>()[0] << ": "
         << v2_path_ << "\n";
    return OkStatus();
  }));
  manager.reset();  // and with it the file of its lock
  CAIRN_ASSIGN_OR_RETURN(v2_answers_, Ask(*model));
  ShowAnswers("Trained", v2_answers_);
  return PrintCheckpointDirectory(fs_, v2_dir_, out_);
}

Status Demo::CompareAnswers(LeNet5& restored, const Answers& saved) {
  CAIRN_ASSIGN_OR_RETURN(const Answers now, Ask(restored));
  ShowAnswers("  restored", now);
  const float difference =
      LargestDifference(now.predictions, saved.predictions);
  const bool same_accuracy = now.test.accuracy == saved.test.accuracy;
  out_ << fmt::format(
      "  largest difference of {} predicted probabilities from the saved "
      "model's: {:g}\n",
      WithThousands(static_cast<uint64_t>(now.predictions.num_elements())),
      difference);
  if (!same_accuracy || difference != 0) {
    out_ << "  NOT THE SAME\n";
    outcome_ = DemoOutcome::kDiffers;
  }
  return OkStatus();
}

Status Demo::TrainOn(LeNet5& model) {
  const int64_t count = kContinueSteps * options_.batch_size;
  CAIRN_ASSIGN_OR_RETURN(const TensorView x, Head(train_x_, count));
  CAIRN_ASSIGN_OR_RETURN(const TensorView y, Head(train_y_, count));
  CAIRN_ASSIGN_OR_RETURN(const nn::History history,
                         model.net.Fit(x, y,
                                       {.batch_size = options_.batch_size,
                                        .seed = options_.seed + 1}));
  out_ << fmt::format(
      "  trained on for {} steps (Adam's step count is now {}): loss {:.4f}, "
      "accuracy {:.4f}\n",
      (x.shape().dim(0) + options_.batch_size - 1) / options_.batch_size,
      model.adam.iterations(), history.epochs[0].loss,
      history.epochs[0].accuracy.value_or(0));
  return OkStatus();
}

Status Demo::RestoreFromSaver() {
  out_ << "A new model with other weights, restored from " << v1_path_
       << " by name:\n";
  CAIRN_ASSIGN_OR_RETURN(const auto model, NewModel(options_.seed + 1));
  CAIRN_ASSIGN_OR_RETURN(const Answers before, Ask(*model));
  ShowAnswers("  before  ", before);
  CAIRN_ASSIGN_OR_RETURN(const auto saver,
                         saver::Saver::Create(fs_, model->net.Variables()));
  CAIRN_RETURN_IF_ERROR(saver->Restore(v1_path_));
  CAIRN_RETURN_IF_ERROR(CompareAnswers(*model, v1_answers_));
  return TrainOn(*model);
}

Status Demo::RestoreFromManager() {
  out_ << "Another, restored from " << v2_path_
       << " by its objects, with the optimizer:\n";
  CAIRN_ASSIGN_OR_RETURN(const auto model, NewModel(options_.seed + 2));
  CAIRN_ASSIGN_OR_RETURN(const Answers before, Ask(*model));
  ShowAnswers("  before  ", before);
  Variable step("Variable", Tensor::Scalar<int32_t>(1));
  object::Checkpoint checkpoint(
      fs_,
      {{"step", &step}, {"optimizer", &model->adam}, {"net", &model->net}});
  CAIRN_ASSIGN_OR_RETURN(const object::LoadStatus status,
                         checkpoint.Restore(v2_path_));
  CAIRN_RETURN_IF_ERROR(status.AssertConsumed());
  out_ << fmt::format(
      "  every value of the checkpoint found its object: {} values; step {}\n",
      status.Report().matched.size(), step.data<int32_t>()[0]);
  CAIRN_RETURN_IF_ERROR(CompareAnswers(*model, v2_answers_));
  return TrainOn(*model);
}

// Each system can read the other's files through the variables' names.
Status Demo::RestoreAcross() {
  out_ << "A Saver reads " << v2_path_
       << " through the full names in its object graph:\n";
  CAIRN_ASSIGN_OR_RETURN(const auto named, NewModel(options_.seed + 3));
  CAIRN_ASSIGN_OR_RETURN(const auto saver,
                         saver::Saver::Create(fs_, named->net.Variables()));
  CAIRN_RETURN_IF_ERROR(saver->Restore(v2_path_));
  CAIRN_RETURN_IF_ERROR(CompareAnswers(*named, v2_answers_));

  out_ << "A Checkpoint reads " << v1_path_ << " by its variables' names:\n";
  CAIRN_ASSIGN_OR_RETURN(const auto objects, NewModel(options_.seed + 4));
  object::Checkpoint checkpoint(fs_, {{"net", &objects->net}});
  CAIRN_RETURN_IF_ERROR(checkpoint.Read(v1_path_).status());
  return CompareAnswers(*objects, v1_answers_);
}

// What `import_meta_graph` gives a program that has no code of the model.
Status Demo::RunRestoredGraph() {
  CAIRN_ASSIGN_OR_RETURN(
      const GraphAnswers answers,
      AskGraph(fs_, v1_path_, mnist_.test, static_cast<int>(options_.threads)));
  out_ << "The graph of " << state::MetaGraphPath(v1_path_) << ", "
       << answers.nodes << " nodes, restored from " << v1_path_
       << " by its own nodes:\n";
  out_ << fmt::format("  run: test loss {:.4f}, test accuracy {:.4f}\n",
                      answers.loss, answers.accuracy);
  const float difference =
      LargestDifference(answers.predictions, v1_answers_.predictions);
  out_ << fmt::format(
      "  largest difference of {} probabilities from the saved model's: {:g}\n",
      WithThousands(static_cast<uint64_t>(answers.predictions.num_elements())),
      difference);
  // An example whose two best are equal to that tolerance may fall either way.
  const double off = std::fabs(answers.accuracy -
                               double{v1_answers_.test.accuracy.value_or(0)});
  const double one_example =
      1.0 / static_cast<double>(mnist_.test.images.shape().dim(0));
  if (!(difference <= kGraphTolerance) || off > 1.01 * one_example) {
    out_ << "  NOT THE SAME\n";
    outcome_ = DemoOutcome::kDiffers;
  }
  return OkStatus();
}

Status Demo::Investigate() {
  CAIRN_RETURN_IF_ERROR(ShowEntries(fs_, v1_path_, console_));
  CAIRN_RETURN_IF_ERROR(ShowEntries(fs_, v2_path_, console_));
  CAIRN_RETURN_IF_ERROR(ShowObjectGraph(fs_, v2_path_, console_));
  return ShowMetaGraph(fs_, state::MetaGraphPath(v1_path_), console_);
}

Status CheckOptions(const DemoOptions& options) {
  if (options.epochs < 1) {
    return InvalidArgumentError(
        StrCat("--epochs: expected at least 1, got ", options.epochs));
  }
  if (options.batch_size < 1) {
    return InvalidArgumentError(
        StrCat("--batch-size: expected at least 1, got ", options.batch_size));
  }
  if (options.train_limit < 0) {
    return InvalidArgumentError(
        StrCat("--limit: expected 0 or more, got ", options.train_limit));
  }
  if (options.threads < 0) {
    return InvalidArgumentError(
        StrCat("--threads: expected 0 or more, got ", options.threads));
  }
  return OkStatus();
}

}  // namespace

StatusOr<DemoOutcome> PlayDemo(FileSystem& fs, const DemoOptions& options,
                               Console& console) {
  CAIRN_RETURN_IF_ERROR(CheckOptions(options));
  return Demo(fs, options, console).Run();
}

}  // namespace cairn::cli
