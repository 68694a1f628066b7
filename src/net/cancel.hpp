// Lets something outside (the client's end, a stop) end what a request is waiting for now. One a request; one thread.
#pragma once

#include "net/connection.hpp"

namespace gw::net {

class Cancel {
 public:
  /// Remembers the first reason and tells the current waiter, if there is one.
  void request(Stop reason) {
    if (reason_ != Stop::none) return;
    reason_ = reason;
    if (hook_ != nullptr) hook_->told_(hook_->context_, reason);
  }

  [[nodiscard]] Stop reason() const noexcept { return reason_; }

  /// Names the current waiter, for a scope. `told` must only stop operations, not resume anything itself.
  class Hook {
   public:
    using Told = void (*)(void* context, Stop reason);

    Hook(Cancel& cancel, Told told, void* context) noexcept
        : cancel_(cancel), told_(told), context_(context), outer_(cancel.hook_) {
      cancel_.hook_ = this;
    }

    ~Hook() { cancel_.hook_ = outer_; }

    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    friend class Cancel;
    Cancel& cancel_;
    Told told_;
    void* context_;
    Hook* outer_;
  };

  /// The usual waiter: a connection whose operations are to end.
  static void stop_connection(void* connection, Stop reason) { static_cast<Connection*>(connection)->stop(reason); }

 private:
  Stop reason_ = Stop::none;
  Hook* hook_ = nullptr;
};

}  // namespace gw::net
