package io.llamamesh.agent.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** A {@link Selector}. */
final class ChannelPoller implements Poller {

  private static final long MILLI = 1_000_000;

  private final Selector selector;

  ChannelPoller() throws IOException {
    selector = Selector.open();
  }

  @Override
  public void add(UdpSocket socket) {
    try {
      ((ChannelSocket) socket).channel().register(selector, SelectionKey.OP_READ);
    } catch (ClosedChannelException e) {
      throw new IllegalStateException("socket is closed: " + socket.local(), e);
    }
  }

  @Override
  public void remove(UdpSocket socket) {
    SelectionKey key = ((ChannelSocket) socket).channel().keyFor(selector);
    if (key != null) {
      key.cancel();
    }
  }

  @Override
  public void await(long timeoutNanos) {
    try {
      // Selectors count milliseconds: rounding up keeps a short wait from becoming a busy loop.
      int ready =
          timeoutNanos <= 0
              ? selector.selectNow()
              : selector.select((timeoutNanos + MILLI - 1) / MILLI);
      if (ready > 0) {
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("waiting for datagrams failed", e);
    }
  }

  @Override
  public void wakeup() {
    selector.wakeup();
  }

  @Override
  public void close() {
    try {
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing the selector failed", e);
    }
  }
}
