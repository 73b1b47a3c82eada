#include "tools/zonecopy/progress_display.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>

#include "tools/zonecopy/error_line.h"

namespace zonecopy::tools {
namespace {

// How often the thread looks: for a person, and for a program.
constexpr long terminal_interval_ns = 200'000'000;
constexpr long json_interval_ns = 500'000'000;
constexpr const char* clear_line = "\r\033[K";

sigset_t progress_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  return signals;
}

/// Whether a short line can be written without waiting for whoever reads it.
bool can_write_at_once() {
  pollfd standard_error{STDERR_FILENO, POLLOUT, 0};
  return poll(&standard_error, 1, 0) == 1 && (standard_error.revents & POLLOUT) != 0;
}

void write_at_once(const std::string& text) {
  if (can_write_at_once()) write_error_line(text);
}

/// As much of `text` as one line of the terminal holds: one that wraps could not be taken away again.
std::string cut_to_terminal(std::string text) {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  if (known && text.size() >= size.ws_col) text.resize(size.ws_col - 1U);
  return text;
}

std::string json_line(const Progress& progress) { return progress_json(progress).dump() + '\n'; }

}  // namespace

void block_progress_signal() {
  const sigset_t signals = progress_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

ProgressDisplay::ProgressDisplay(ProgressForm form) : form_(form), terminal_(isatty(STDERR_FILENO) == 1) {
  // The thread takes no signal: those that end the copy have to interrupt the thread that copies.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProgressDisplay::~ProgressDisplay() {
  done_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR1);  // ends its wait
  thread_.join();
  if (visible_) write_at_once(clear_line);
}

void ProgressDisplay::begin(std::string_view phase, std::uint64_t total_bytes) {
  const std::lock_guard lock(mutex_);
  meter_.emplace(phase, total_bytes, ProgressMeter::Clock::now());
  if (form_ == ProgressForm::json) write_at_once(json_line(meter_->progress(ProgressMeter::Clock::now())));
}

void ProgressDisplay::show(std::uint64_t done_bytes) {
  const std::lock_guard lock(mutex_);
  if (meter_) meter_->note(done_bytes, ProgressMeter::Clock::now());
}

std::optional<Progress> ProgressDisplay::now() const {
  const std::lock_guard lock(mutex_);
  return meter_ ? std::optional(meter_->progress(ProgressMeter::Clock::now())) : std::nullopt;
}

void ProgressDisplay::watch() {
  const sigset_t signals = progress_signals();
  const timespec interval{0, form_ == ProgressForm::json ? json_interval_ns : terminal_interval_ns};
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &interval);
    if (done_) return;
    if (signal == SIGUSR1) {
      answer_signal();
    } else {
      tick();
    }
  }
}

void ProgressDisplay::tick() {
  const std::optional<Progress> progress = now();
  if (!progress) return;
  if (form_ == ProgressForm::json) {
    write_at_once(json_line(*progress));
  } else if (terminal_) {
    visible_ = true;
    write_at_once(clear_line + cut_to_terminal(progress_text(*progress)));
  }
}

void ProgressDisplay::answer_signal() {
  const std::optional<Progress> progress = now();
  if (!progress) return;
  if (form_ == ProgressForm::json) {
    write_at_once(json_line(*progress));
  } else {
    write_at_once((visible_ ? clear_line : "") + progress_text(*progress) + '\n');
  }
}

void print_last_line(std::uint64_t done_bytes, std::uint64_t total_bytes, bool was_interrupted, const Error* error) {
  Json json;
  json["phase"] = "done";
  json["done_bytes"] = done_bytes;
  json["total_bytes"] = total_bytes;
  json["interrupted"] = was_interrupted;
  add_error(json, error);
  write_error_line(json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace zonecopy::tools
