package io.llamamesh.agent.kube;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * Deadline of one exchange in all, whatever arrives meanwhile: a read timeout alone begins anew
 * with each byte. When time is up, a blocking read of the owner's virtual thread is interrupted,
 * which closes its socket; what the owner does between two reads is never interrupted.
 */
final class Deadline implements AutoCloseable {

  private final Thread owner = Thread.currentThread();
  private final Duration length;
  private final Thread timer;
  private boolean reading = true;
  private boolean expired;
  private boolean interrupted;
  private boolean closed;

  /** A deadline for what the calling thread reads from now on. */
  Deadline(Duration length) {
    this.length = length;
    this.timer = Thread.ofVirtual().name("config-watch-deadline").start(this::run);
  }

  private void run() {
    try {
      Thread.sleep(length);
    } catch (InterruptedException e) {
      return; // closed
    }
    synchronized (this) {
      expired = true;
      if (reading && !closed) {
        interrupted = true;
        owner.interrupt();
      }
    }
  }

  /**
   * The owner ceases to read for a while.
   *
   * @throws IOException when time is up
   */
  synchronized void pause() throws IOException {
    reading = false;
    check();
  }

  /**
   * The owner reads again.
   *
   * @throws IOException when time is up
   */
  synchronized void resume() throws IOException {
    check();
    reading = true;
  }

  private void check() throws IOException {
    if (expired) {
      throw timeoutException();
    }
  }

  /** Returns whether time was up before this was closed. */
  synchronized boolean isExpired() {
    return expired;
  }

  /** Exception of a read that was cut off by the deadline. */
  SocketTimeoutException timeoutException() {
    return new SocketTimeoutException("no end within " + length.toMillis() + " ms");
  }

  /** Ends the bound; an interrupt that it caused is taken back. */
  @Override
  public void close() {
    timer.interrupt();
    synchronized (this) {
      closed = true;
      if (interrupted) {
        var _ = Thread.interrupted();
      }
    }
  }
}
