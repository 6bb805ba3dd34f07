package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Writer of objects, several at a time; one that fails does not keep the others from being written.
 *
 * <p>What is not there is created, which fails where somebody else was faster; what is there is
 * applied, with its uid. So no write ever meets an object that was not read before, and one that is
 * not the mesh's stays as it is.
 *
 * <p>Any thread may call; {@link #close} ends its threads.
 */
public final class ObjectWriter implements AutoCloseable {
  /** Owner of our fields in {@code metadata.managedFields}. */
  public static final String FIELD_MANAGER = "llama-mesh-operator";

  private static final int AT_ONCE = 8;
  private static final int CONFLICT = 409;

  /** Field manager of what this client created, in the server's words. */
  private static final String CREATOR = "fabric8-kubernetes-client";

  private final KubernetesClient client;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("writer-", 0).factory());
  private final Semaphore slots = new Semaphore(AT_ONCE);

  public ObjectWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Outcome of a batch.
   *
   * @param written how many were written
   * @param failures one line each for those that were not, naming the object
   * @param taken names of those that are somebody else's, and were left alone
   */
  public record Outcome(int written, List<String> failures, List<String> taken) {
    public Outcome {
      failures = List.copyOf(failures);
      taken = List.copyOf(taken);
    }

    public Outcome(int written, List<String> failures) {
      this(written, failures, List.of());
    }

    /** Both batches together. */
    public Outcome and(Outcome other) {
      return new Outcome(
          written + other.written, joined(failures, other.failures), joined(taken, other.taken));
    }

    private static List<String> joined(List<String> some, List<String> others) {
      List<String> all = new ArrayList<>(some);
      all.addAll(others);
      return all;
    }
  }

  /** An object is there that is not the mesh's. */
  private static final class TakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TakenException(HasMetadata object) {
      super(Ownership.name(object));
    }
  }

  /**
   * Writes objects, taking over fields that others set.
   *
   * @param there what is there of an object as far as is known, or null
   * @param onWritten called with each object as the server has it now; may be called on several
   *     threads at once
   */
  public <T extends HasMetadata> Outcome write(
      Collection<T> objects,
      Function<? super T, ? extends @Nullable HasMetadata> there,
      Consumer<? super T> onWritten)
      throws InterruptedException {
    return write(objects, UnaryOperator.identity(), there, onWritten);
  }

  /**
   * Writes objects that are made only when their turn comes, while others are on their way.
   *
   * @param drafts what they are made from
   * @param make makes one; may be called on several threads at once
   * @param there as with the other one; may be called on several threads at once
   * @param onWritten as with the other one
   */
  public <D, T extends HasMetadata> Outcome write(
      Collection<D> drafts,
      Function<D, T> make,
      Function<? super T, ? extends @Nullable HasMetadata> there,
      Consumer<? super T> onWritten)
      throws InterruptedException {
    return each(
        drafts,
        make,
        object -> {
          HasMetadata known = there.apply(object);
          onWritten.accept(known == null ? create(object) : update(object, known));
        });
  }

  /** Deletes objects as they were seen; one that has changed since is left for the next time. */
  public <T extends HasMetadata> Outcome delete(Collection<T> objects) throws InterruptedException {
    return each(
        objects,
        UnaryOperator.identity(),
        object -> {
          try {
            client
                .resource(object)
                .lockResourceVersion(object.getMetadata().getResourceVersion())
                .delete();
          } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT) {
              throw e;
            }
          }
        });
  }

  private <T extends HasMetadata> T create(T object) {
    try {
      return client.resource(object).create();
    } catch (KubernetesClientException e) {
      HasMetadata there = e.getCode() == CONFLICT ? find(object) : null;
      if (there == null) {
        throw e;
      }
      return apply(object, there);
    }
  }

  /** Applies; an object that is gone is created. */
  private <T extends HasMetadata> T update(T object, HasMetadata known) {
    try {
      return apply(object, known);
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      object.getMetadata().setUid(null);
      return create(object);
    }
  }

  private <T extends HasMetadata> T apply(T object, HasMetadata there) {
    if (!Ownership.isOurs(there, object)) {
      throw new TakenException(object);
    }
    var _ = takeOverCreation(client, succeed(object, there));
    object.getMetadata().setUid(there.getMetadata().getUid());
    return client.resource(object).fieldManager(FIELD_MANAGER).forceConflicts().serverSideApply();
  }

  /** The object on the server, without a deleted namesake of the mesh among its owners. */
  private HasMetadata succeed(HasMetadata object, HasMetadata there) {
    List<OwnerReference> owners = Ownership.ownersWithoutNamesake(there, object);
    if (owners == null) {
      return there;
    }
    return client
        .resource(there)
        .patch(
            PatchContext.of(PatchType.JSON),
            """
            [{"op": "test", "path": "/metadata/uid", "value": "%s"},
             {"op": "test", "path": "/metadata/ownerReferences", "value": %s},
             {"op": "replace", "path": "/metadata/ownerReferences", "value": %s}]
            """
                .formatted(
                    there.getMetadata().getUid(),
                    Serialization.asJson(there.getMetadata().getOwnerReferences()),
                    Serialization.asJson(owners)));
  }

  /**
   * Makes what was created as good as applied: else its fields, having been set by a create, would
   * stay when a later apply leaves them out.
   *
   * @return whether it was not so yet
   */
  static boolean takeOverCreation(KubernetesClient client, HasMetadata there) {
    List<ManagedFieldsEntry> entries = there.getMetadata().getManagedFields();
    if (entries == null
        || entries.stream()
            .anyMatch(
                e -> FIELD_MANAGER.equals(e.getManager()) && "Apply".equals(e.getOperation()))) {
      return false;
    }
    for (int i = 0; i < entries.size(); i++) {
      ManagedFieldsEntry entry = entries.get(i);
      if (CREATOR.equals(entry.getManager())
          && "Update".equals(entry.getOperation())
          && entry.getSubresource() == null) {
        String path = "/metadata/managedFields/" + i;
        client
            .resource(there)
            .patch(
                PatchContext.of(PatchType.JSON),
                """
                [{"op": "test", "path": "/metadata/uid", "value": "%1$s"},
                 {"op": "test", "path": "%2$s/manager", "value": "%3$s"},
                 {"op": "replace", "path": "%2$s/manager", "value": "%4$s"},
                 {"op": "replace", "path": "%2$s/operation", "value": "Apply"}]
                """
                    .formatted(there.getMetadata().getUid(), path, CREATOR, FIELD_MANAGER));
        return true;
      }
    }
    return false;
  }

  /** By a list: to get single ones of all kinds is a right that nothing else needs. */
  @SuppressWarnings("unchecked")
  private @Nullable HasMetadata find(HasMetadata object) {
    return client
        .resources((Class<HasMetadata>) object.getClass())
        .inNamespace(object.getMetadata().getNamespace())
        .withField("metadata.name", object.getMetadata().getName())
        .list()
        .getItems()
        .stream()
        .findFirst()
        .orElse(null);
  }

  private <D, T extends HasMetadata> Outcome each(
      Collection<D> drafts, Function<D, T> make, Consumer<T> action) throws InterruptedException {
    List<Future<Outcome>> running = new ArrayList<>();
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
    int written = 0;
    List<String> failures = new ArrayList<>();
    List<String> taken = new ArrayList<>();
    for (Future<Outcome> future : running) {
      try {
        Outcome one = future.get();
        written += one.written();
        failures.addAll(one.failures());
        taken.addAll(one.taken());
      } catch (ExecutionException e) {
        throw new IllegalStateException("what was planned must be writable", e.getCause());
      }
    }
    return new Outcome(written, failures, taken);
  }

  private static <T extends HasMetadata> Outcome attempt(T object, Consumer<T> action) {
    try {
      action.accept(object);
      return new Outcome(1, List.of());
    } catch (TakenException e) {
      return new Outcome(0, List.of(), List.of(String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      return new Outcome(0, List.of(line(object, e)));
    }
  }

  private static String line(HasMetadata object, Throwable cause) {
    String why =
        cause instanceof KubernetesClientException k && k.getStatus() != null
            ? k.getStatus().getMessage()
            : String.valueOf(cause.getMessage());
    return Ownership.name(object) + ": " + why;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
