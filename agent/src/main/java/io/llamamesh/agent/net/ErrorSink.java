package io.llamamesh.agent.net;

/**
 * Takes queued errors of a socket, called by the socket's owner inside {@link
 * UdpSocket#drainErrors}.
 */
@FunctionalInterface
public interface ErrorSink {

  /** Takes one error; the object is the queue's and changes with the next. */
  void accept(QueuedError error);
}
