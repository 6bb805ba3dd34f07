package io.llamamesh.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serial;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A body in memory, up to a bound: beyond it the connection is given up. */
final class BoundedBody implements BodySubscriber<byte[]> {
  private final int maxBytes;
  private final boolean cuts;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;

  /** More came than was allowed. */
  static final class TooLargeException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    TooLargeException(int maxBytes) {
      super("answer is larger than " + maxBytes + " bytes");
    }
  }

  /**
   * A body of at most so many bytes.
   *
   * @param cuts whether the rest is left out; false: more is a {@link TooLargeException}
   */
  BoundedBody(int maxBytes, boolean cuts) {
    this.maxBytes = maxBytes;
    this.cuts = cuts;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    Flow.Subscription running = subscription;
    if (running == null || body.isDone()) {
      return;
    }
    for (ByteBuffer buffer : buffers) {
      int room = maxBytes - bytes.size();
      byte[] chunk = new byte[Math.min(room, buffer.remaining())];
      buffer.get(chunk);
      bytes.writeBytes(chunk);
      if (buffer.hasRemaining()) {
        running.cancel();
        if (cuts) {
          body.complete(bytes.toByteArray());
        } else {
          body.completeExceptionally(new TooLargeException(maxBytes));
        }
        return;
      }
    }
    running.request(1);
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    body.complete(bytes.toByteArray());
  }
}
