package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Writes objects by server-side apply, several at a time; one that fails does not keep the others
 * from being written.
 *
 * <p>Any thread may call; {@link #close} ends its threads.
 */
public final class Writer implements AutoCloseable {
  /** Owner of our fields in {@code metadata.managedFields}. */
  public static final String FIELD_MANAGER = "llama-mesh-operator";

  private static final int AT_ONCE = 8;

  private final KubernetesClient client;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("writer-", 0).factory());
  private final Semaphore slots = new Semaphore(AT_ONCE);

  public Writer(KubernetesClient client) {
    this.client = client;
  }

  /**
   * What became of a batch.
   *
   * @param written how many were written
   * @param failures one line each for those that were not, naming the object
   */
  public record Outcome(int written, List<String> failures) {
    public Outcome {
      failures = List.copyOf(failures);
    }

    /** Both batches together. */
    public Outcome and(Outcome other) {
      List<String> all = new ArrayList<>(failures);
      all.addAll(other.failures);
      return new Outcome(written + other.written, all);
    }
  }

  /**
   * Applies objects, taking over fields that others set.
   *
   * @param onWritten called with each object as the server has it now; may be called on several
   *     threads at once
   */
  public <T extends HasMetadata> Outcome apply(Collection<T> objects, Consumer<? super T> onWritten)
      throws InterruptedException {
    return apply(objects, object -> object, onWritten);
  }

  /**
   * Applies objects that are made only when their turn comes, while others are on their way.
   *
   * @param drafts what they are made from
   * @param make makes one; may be called on several threads at once
   * @param onWritten as with the other one
   */
  public <D, T extends HasMetadata> Outcome apply(
      Collection<D> drafts, Function<D, T> make, Consumer<? super T> onWritten)
      throws InterruptedException {
    return each(
        drafts,
        make,
        object ->
            onWritten.accept(
                client
                    .resource(object)
                    .fieldManager(FIELD_MANAGER)
                    .forceConflicts()
                    .serverSideApply()));
  }

  /** Deletes objects; one that is gone already is fine. */
  public <T extends HasMetadata> Outcome delete(Collection<T> objects) throws InterruptedException {
    return each(objects, object -> object, object -> client.resource(object).delete());
  }

  private <D, T extends HasMetadata> Outcome each(
      Collection<D> drafts, Function<D, T> make, Consumer<T> action) throws InterruptedException {
    List<Future<String>> running = new ArrayList<>();
    for (D draft : List.copyOf(drafts)) {
      slots.acquire();
      running.add(
          threads.submit(() -> {
            try {
              return attempt(make.apply(draft), action);
            } finally {
              slots.release();
            }
          }));
    }
    List<String> failures = new ArrayList<>();
    for (Future<String> one : running) {
      try {
        String failure = one.get();
        if (!failure.isEmpty()) {
          failures.add(failure);
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("what was planned must be writable", e.getCause());
      }
    }
    return new Outcome(running.size() - failures.size(), failures);
  }

  /** Empty where it went well, else a line that names the object. */
  private static <T extends HasMetadata> String attempt(T object, Consumer<T> action) {
    try {
      action.accept(object);
      return "";
    } catch (RuntimeException e) {
      return line(object, e);
    }
  }

  private static String line(HasMetadata object, Throwable cause) {
    String why =
        cause instanceof KubernetesClientException k && k.getStatus() != null
            ? k.getStatus().getMessage()
            : String.valueOf(cause.getMessage());
    return object.getKind() + " " + object.getMetadata().getName() + ": " + why;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
