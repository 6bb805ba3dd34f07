package io.llamamesh.client;

import io.llamamesh.client.BoundedBody.TooLargeException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream of server-sent events of which the newest one's data is kept until it is taken: one
 * document that waits and one that is read, each up to a bound. What the server says is read as
 * fast as it comes, so that who is slow to take it delays no other.
 */
final class EventBody implements BodySubscriber<byte[]> {
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final int maxBytes;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private boolean hasData;
  private boolean afterReturn;

  // Guarded by this.
  private Flow.@Nullable Subscription subscription;
  private byte @Nullable [] newest;
  private @Nullable IOException failure;
  private boolean isEnded;
  private boolean isClosed;
  private long lastLine = System.nanoTime();

  EventBody(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Complete at once: what follows the head is taken by {@link #next}. */
  @Override
  public CompletionStage<byte[]> getBody() {
    return CompletableFuture.completedFuture(new byte[0]);
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription given) {
    subscription = given;
    lastLine = System.nanoTime();
    if (isClosed) {
      given.cancel();
    } else {
      given.request(Long.MAX_VALUE);
    }
  }

  @Override
  public synchronized void onNext(List<ByteBuffer> buffers) {
    if (failure != null || isClosed) {
      return;
    }
    try {
      for (ByteBuffer buffer : buffers) {
        while (buffer.hasRemaining()) {
          read(buffer.get());
        }
      }
    } catch (IOException e) {
      fail(e);
      cancel();
    }
  }

  private void read(byte next) throws IOException {
    if (next == '\n' && afterReturn) {
      afterReturn = false; // the second half of a line's end
      return;
    }
    afterReturn = next == '\r';
    if (next == '\n' || next == '\r') {
      endLine();
    } else if (line.size() + data.size() >= maxBytes) {
      throw new TooLargeException(maxBytes);
    } else {
      line.write(next);
    }
  }

  private void endLine() {
    lastLine = System.nanoTime();
    if (line.size() == 0) {
      if (hasData) {
        newest = data.toByteArray();
        notifyAll();
      }
      data.reset();
      hasData = false;
      return;
    }
    byte[] whole = line.toByteArray();
    line.reset();
    if (isData(whole)) {
      if (hasData) {
        data.write('\n');
      }
      hasData = true;
      int from =
          whole.length > DATA.length && whole[DATA.length] == ' ' ? DATA.length + 1 : DATA.length;
      data.write(whole, from, whole.length - from);
    }
  }

  private static boolean isData(byte[] line) {
    for (int i = 0; i < DATA.length; i++) {
      if (line.length <= i || line[i] != DATA[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public synchronized void onError(Throwable cause) {
    fail(cause instanceof IOException known ? known : new IOException(cause));
  }

  @Override
  public synchronized void onComplete() {
    if (hasData || line.size() > 0) {
      fail(new EOFException("the stream ended within an event"));
    }
    isEnded = true;
    notifyAll();
  }

  private void fail(IOException cause) {
    if (failure == null) {
      failure = cause;
    }
    notifyAll();
  }

  private void cancel() {
    if (subscription != null) {
      subscription.cancel();
    }
  }

  /**
   * Waits for the newest document that was not taken yet.
   *
   * @param silence longest time without a line; no whole line within it is silence too
   * @return null where the stream has ended in order
   * @throws IOException where it broke, fell silent, or an event is larger than allowed
   */
  synchronized byte @Nullable [] next(long silence, TimeUnit unit)
      throws IOException, InterruptedException {
    while (true) {
      byte[] document = newest;
      newest = null;
      if (document != null) {
        return document;
      }
      if (failure != null) {
        throw failure;
      }
      if (isEnded || isClosed) {
        return null;
      }
      long left = lastLine + unit.toNanos(silence) - System.nanoTime();
      if (left <= 0) {
        throw new HttpTimeoutException("no line within " + unit.toMillis(silence) + " ms");
      }
      wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
    }
  }

  /** When the last whole line came, by {@link System#nanoTime}. */
  synchronized long lastLine() {
    return lastLine;
  }

  /** Ends the connection. */
  synchronized void close() {
    isClosed = true;
    cancel();
    notifyAll();
  }
}
