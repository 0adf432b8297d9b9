// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The tool `cairn`: wires verbs, file system and terminal together.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/cli/cat_command.h"
#include "cairn/cli/console.h"
#include "cairn/cli/copy_command.h"
#include "cairn/cli/graph_command.h"
#include "cairn/cli/interrupt.h"
#include "cairn/cli/ls_command.h"
#include "cairn/cli/meta_command.h"
#include "cairn/cli/state_command.h"
#include "cairn/cli/text.h"
#include "cairn/cli/verify_command.h"
#if CAIRN_HAVE_DEMO
#include "cairn/cli/demo_command.h"
#include "cairn/cli/run_command.h"
#else
#include "cairn/cli/no_demo_command.h"
#endif

namespace cairn::cli {
namespace {

// A descriptor as a stream that keeps the error of a failed write, which
// std::cout would forget.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  int error() const { return error_; }

 protected:
  int overflow(int c) override {
    if (sync() != 0) return traits_type::eof();
    if (c != traits_type::eof()) sputc(static_cast<char>(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    const char* from = pbase();
    while (error_ == 0 && from < pptr()) {
      const ssize_t written =
          write(descriptor_, from, static_cast<size_t>(pptr() - from));
      if (written >= 0) {
        from += written;
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0 ? 0 : -1;
  }

 private:
  const int descriptor_;
  int error_ = 0;
  std::array<char, 1 << 16> buffer_;
};

// Opens /dev/null in place of standard descriptors that were closed, so that no
// file of ours gets their numbers. Not for writing: that an answer is lost is
// noticed.
void OccupyStandardDescriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) {
      if (open("/dev/null", O_RDONLY) != descriptor) return;
    }
  }
}

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

Console MakeConsole(std::ostream& out, std::ostream& err) {
  Console console{.out = out, .err = err};
  const char* term = std::getenv("TERM");
  const bool is_dumb = term == nullptr || std::strcmp(term, "dumb") == 0;
  console.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  console.err_is_terminal = isatty(STDERR_FILENO) == 1 && !is_dumb;
  console.color = console.out_is_terminal && !is_dumb && !IsSet("NO_COLOR");
  if (console.out_is_terminal) console.width = TerminalWidth();
  return console;
}

struct AllOptions {
  LsOptions ls;
  CatOptions cat;
  GraphOptions graph;
  MetaOptions meta;
  StateOptions state;
  VerifyCommandOptions verify;
  CopyCommandOptions copy;
#if CAIRN_HAVE_DEMO
  RunOptions run;
#endif
  DemoOptions demo;
};

// Declares all verbs; the one that is used sets `run`.
void DeclareVerbs(CLI::App& app, AllOptions& options,
                  std::function<int(FileSystem&, Console&)>& run) {
  const auto add = [&](const char* name, const char* what, auto declare,
                       auto& verb_options, auto run_verb) {
    CLI::App* verb = app.add_subcommand(name, what);
    declare(*verb, verb_options);
    verb->callback([&run, &verb_options, run_verb] {
      run = [&verb_options, run_verb](FileSystem& fs, Console& console) {
        return run_verb(fs, verb_options, console);
      };
    });
  };
  add("ls", "List the tensors of a checkpoint", DeclareLs, options.ls, RunLs);
  add("cat", "Show one tensor", DeclareCat, options.cat, RunCat);
  add("graph", "Show an object graph or a meta graph", DeclareGraph,
      options.graph, RunGraph);
  add("meta", "Look into a meta graph, or write it again changed", DeclareMeta,
      options.meta, RunMeta);
  add("state", "Show a directory's checkpoint file", DeclareState,
      options.state, RunState);
  add("verify", "Tell whether checkpoints are intact", DeclareVerify,
      options.verify, RunVerify);
  add("copy", "Write a checkpoint again, in the same layout or another",
      DeclareCopy, options.copy, RunCopy);
#if CAIRN_HAVE_DEMO
  add("run", "Run a graph: feed, fetch, restore its variables", DeclareRun,
      options.run, RunGraphCommand);
#endif
  add("demo", "Train LeNet-5, save it with both systems, compare, restore",
      DeclareDemo, options.demo, RunDemo);
}

// Breaks descriptions where the lines of --help would get too long, and leaves
// out which options exclude which.
class HelpFormatter : public CLI::Formatter {
 public:
  static constexpr size_t kColumn = 26;
  HelpFormatter() { column_width(kColumn); }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    return " " + option->get_type_name();
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    constexpr size_t kWidth = 79 - kColumn;
    const std::string description = CLI::Formatter::make_option_desc(option);
    std::string text, line;
    for (const std::string_view word : Split(description, ' ')) {
      if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
        text += line + '\n';
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    return text + line;
  }
};

constexpr char kExamples[] =
    "Examples:\n"
    "  cairn ls tf_ckpt                 what is in the latest checkpoint\n"
    "  cairn cat tf_ckpt conv2d/kernel  one tensor\n"
    "  cairn graph tf_ckpt_v2           the objects as a tree\n"
    "  cairn meta show model.meta       a graph, its Saver, its collections\n"
    "  cairn state tf_ckpt_v2           which checkpoints there are\n"
    "  cairn verify tf_ckpt             whether it is intact\n"
    "  cairn copy tf_ckpt out/ --shards 4\n"
    "  cairn run model.meta --ckpt model --feed x=x.npy --fetch y\n"
    "  cairn demo --data mnist          the whole story on MNIST\n"
    "\n"
    "cairn VERB --help tells more about each.\n"
    "Exit status: 0 yes or done; 1 the answer is no (damaged, missing key);\n"
    "2 wrong use or not readable.";

std::vector<CLI::App*> AllVerbs(CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

bool HasVerb(CLI::App& app, const std::string& name) {
  return std::ranges::any_of(AllVerbs(app), [&](const CLI::App* verb) {
    return verb->get_name() == name;
  });
}

int ParseAndRun(int argc, char** argv, Console& console) {
  CLI::App app("TensorFlow checkpoints without TensorFlow", "cairn");
  app.require_subcommand(1);
  app.set_version_flag("--version", "cairn " CAIRN_VERSION);
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kExamples);
  AllOptions options;
  std::function<int(FileSystem&, Console&)> run;
  DeclareVerbs(app, options, run);
  if (argc > 1 && argv[1][0] != '-' && !HasVerb(app, argv[1])) {
    NearNames near(argv[1]);
    for (const CLI::App* verb : AllVerbs(app)) near.Consider(verb->get_name());
    console.Note(StrCat("no such verb: ", Printable(argv[1]), near.Hint(),
                        "; cairn --help lists them"));
    return kExitTrouble;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {  // --help, --version
    app.exit(help, console.out, console.err);
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    const auto used = app.get_subcommands();
    if (used.empty()) {
      console.Note(StrCat(error.what(), "; cairn --help tells how"));
    } else {
      const std::string verb = used[0]->get_name();
      console.Note(StrCat(verb, ": ", error.what(), "; cairn ", verb,
                          " --help tells how"));
    }
    return kExitTrouble;
  }
  return run(LocalFileSystem(), console);
}

// Exit code of a run whose output could not all be written. A reader that has
// seen enough (`cairn ls x | head`) is no failure.
int AfterWriting(int exit_code, int error, Console& console) {
  if (error == 0 || error == EPIPE) return exit_code;
  console.Note(std::string("cannot write standard output: ") +
               std::strerror(error));
  return kExitTrouble;
}

int Main(int argc, char** argv) {
  OccupyStandardDescriptors();
  std::signal(SIGPIPE, SIG_IGN);
  DescriptorBuffer out_buffer(STDOUT_FILENO), err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer), err(&err_buffer);
  Console console = MakeConsole(out, err);
  int exit_code = ParseAndRun(argc, argv, console);
  out.flush();
  exit_code = AfterWriting(exit_code, out_buffer.error(), console);
  err.flush();
  EndBySignalIfAsked();
  return exit_code;
}

}  // namespace
}  // namespace cairn::cli

int main(int argc, char** argv) { return cairn::cli::Main(argc, argv); }
