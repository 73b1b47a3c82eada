// log_store DIRECTORY --zones FIRST-LAST [--gc WAY] [--no-sync] COMMAND...
//
// A key-value store on the zone files DIRECTORY/FIRST to DIRECTORY/LAST of a mounted zonecopyfs. `serve` takes commands from
// standard input, one a line, and answers each by a line: "ok", "= VALUE", "- no such key", "! " and an error. What was
// acknowledged is on the device, unless --no-sync says that it need not be.
//
// Exit status: 0 done; 1 failed, one line on standard error says why; 2 a wrong command line; 3 there is no such key.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "examples/log_store/commands.h"

namespace {

using log_store::Answer;

struct Options {
  log_store::StoreOptions store;
  log_store::Way way = log_store::Way::gather;
  std::vector<std::string> command;
};

[[noreturn]] void wrong_command_line(const std::string& text) {
  fmt::print(stderr, "log_store: {}\n", text);
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  std::string zones;
  std::string way = "gather";
  bool no_sync = false;
  CLI::App app("A key-value store on zone files, whose garbage collection is a gather.", "log_store");
  app.add_option("DIRECTORY", options.store.directory, "of the zone files: MOUNTPOINT/seq")->required();
  app.add_option("--zones", zones, "the files it may use, at least 4: FIRST-LAST")->required();
  app.add_option("--gc", way, "how records are moved: gather (default), copy_file_range or read-write");
  app.add_flag("--no-sync", no_sync, "do not wait until records are on the device");
  app.add_option("COMMAND", options.command, "put KEY VALUE, get KEY, delete KEY, list, status, gc, load, serve")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    std::exit(status == 0 ? 0 : 2);
  }
  unsigned first = 0;
  unsigned last = 0;
  char rest = 0;
  if (std::sscanf(zones.c_str(), "%u-%u%c", &first, &last, &rest) != 2 || last < first) {
    wrong_command_line(fmt::format("--zones {}: not FIRST-LAST, as 0-9", zones));
  }
  const auto known = log_store::parse_way(way);
  if (!known) wrong_command_line(fmt::format("--gc {}: not one of gather, copy_file_range, read-write", way));
  options.way = *known;
  options.store.first_zone = first;
  options.store.last_zone = last;
  options.store.durable = !no_sync;
  return options;
}

[[noreturn]] void fail(const zonecopy::Error& error) {
  fmt::print(stderr, "log_store: {}\n", error.text());
  std::exit(1);
}

/// Answers go out one by one: who reads "ok" knows that the record will be found.
void serve(log_store::Store& store, log_store::Collector& collector) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    Answer answer = execute(store, collector, words);
    if (answer.status == Answer::Status::done && answer.text != "ok") {
      std::replace(answer.text.begin(), answer.text.end(), '\n', ' ');
      answer.text = "= " + answer.text;
    }
    if (answer.status == Answer::Status::no_such_key) answer.text = "- " + answer.text;
    if (answer.status == Answer::Status::failed || answer.status == Answer::Status::wrong_command) {
      answer.text = "! " + answer.text;
    }
    fmt::print("{}\n", answer.text);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const auto store = log_store::Store::open(options.store);
  if (!store) fail(store.error());
  const auto collector = log_store::Collector::create(**store, options.way);
  if (!collector) fail(collector.error());
  if (options.command.size() == 1 && options.command[0] == "serve") {
    serve(**store, **collector);
    return 0;
  }
  const Answer answer = execute(**store, **collector, options.command);
  switch (answer.status) {
    case Answer::Status::done:
      if (!answer.text.empty()) fmt::print("{}\n", answer.text);
      return 0;
    case Answer::Status::failed: fmt::print(stderr, "log_store: {}\n", answer.text); return 1;
    case Answer::Status::wrong_command: fmt::print(stderr, "log_store: {}\n", answer.text); return 2;
    case Answer::Status::no_such_key: fmt::print(stderr, "log_store: {}: no such key\n", options.command[1]); return 3;
  }
  return 1;
}
