#include "config/store.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace gw::config {

// The folder is watched, not the file: editors replace files, and a symlink may be swapped. Any change in the folder of
// a file called like ours counts; a folder that cannot be watched means that edits wait for a restart.
struct Watcher::Impl {
  std::filesystem::path file;
  Millis debounce;
  std::function<void()> changed;
  int inotify = -1;
  int stop = -1;
  std::thread thread;

  void run() const;
  [[nodiscard]] bool drain() const;
};

// Reads all waiting events; true when one concerns our file. A symlink's target changes its folder only, so any event
// on a symlinked file's folder counts.
bool Watcher::Impl::drain() const {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool ours = false;
  std::error_code ec;
  for (;;) {
    const ssize_t n = ::read(inotify, buffer.data(), buffer.size());
    if (n <= 0) return ours;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      ours = ours || (event->mask & IN_Q_OVERFLOW) != 0 || (event->len > 0 && file.filename() == event->name) ||
             std::filesystem::is_symlink(file, ec);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

void Watcher::Impl::run() const {
  std::array<pollfd, 2> waits{{{inotify, POLLIN, 0}, {stop, POLLIN, 0}}};
  int timeout = -1;
  for (;;) {
    const int ready = ::poll(waits.data(), waits.size(), timeout);
    if ((waits[1].revents & POLLIN) != 0) return;
    if (ready == 0) {
      timeout = -1;
      changed();
    } else if (ready > 0 && drain()) {
      timeout = static_cast<int>(debounce.count());
    }
  }
}

Watcher::Watcher(std::filesystem::path file, Millis debounce, std::function<void()> changed)
    : impl_(std::make_unique<Impl>()) {
  impl_->file = std::move(file);
  impl_->debounce = debounce;
  impl_->changed = std::move(changed);
  impl_->inotify = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  impl_->stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const std::filesystem::path folder = impl_->file.has_parent_path() ? impl_->file.parent_path() : ".";
  ::inotify_add_watch(
      impl_->inotify, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB
  );
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Watcher::~Watcher() {
  const std::uint64_t one = 1;
  (void)!::write(impl_->stop, &one, sizeof one);
  impl_->thread.join();
  ::close(impl_->stop);
  ::close(impl_->inotify);
}

}  // namespace gw::config
