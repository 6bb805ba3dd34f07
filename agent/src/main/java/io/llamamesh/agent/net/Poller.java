package io.llamamesh.agent.net;

/** Waits for sockets; owned by one thread, except for {@link #wakeup}. */
public interface Poller extends AutoCloseable {

  /** Also wait for this socket from now on. */
  void add(UdpSocket socket);

  /** Forget a socket, before it is closed. */
  void remove(UdpSocket socket);

  /**
   * Waits until a socket has something to read, {@link #wakeup} was called, or time is up.
   * Returning early without cause is allowed.
   *
   * @param timeoutNanos 0 or less returns at once
   */
  void await(long timeoutNanos);

  /** Ends the present or the next wait; any thread may call it. */
  void wakeup();

  @Override
  void close();
}
