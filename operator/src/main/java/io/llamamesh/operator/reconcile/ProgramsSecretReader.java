package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.auth.ProgramGrants;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ProgramsView;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reader of the Secret with the credentials of programs: says what keeps it from being used. That
 * is for people only. Kubelets hand the Secret to the agents, which start and measure without it.
 *
 * <p>It is read by name, once a minute and more often while something is wrong, and never watched:
 * a watch would need the right to list every Secret of the namespace. One per mesh, for one thread
 * at a time.
 */
final class ProgramsSecretReader {
  private static final Logger LOG = LoggerFactory.getLogger(ProgramsSecretReader.class);
  private static final Duration CHECK_EVERY = Duration.ofMinutes(1);

  /** The same while something is wrong; less than the pace of reconciliations then. */
  private static final Duration CHECK_PROBLEM_EVERY = Duration.ofSeconds(3);

  private static final String FIELD = "spec.fabric.programsSecret";

  private @Nullable Instant checked;
  private @Nullable String name;
  private @Nullable ProgramsView view;

  /**
   * What is known of the Secret; null where the mesh names none.
   *
   * @param settings those in force; null where none are
   * @param secrets finds a Secret of the mesh's namespace by its name, null where there is none
   */
  @Nullable ProgramsView read(
      Owner owner,
      @Nullable MeshSettings settings,
      Function<String, @Nullable Secret> secrets,
      Instant now) {
    String wanted = settings == null ? null : settings.fabric().programsSecret();
    if (wanted == null) {
      checked = null;
      name = null;
      view = null;
      return null;
    }
    ProgramsView known = wanted.equals(name) ? view : null;
    Instant last = checked;
    Duration pace = known != null && known.isUsable() ? CHECK_EVERY : CHECK_PROBLEM_EVERY;
    if (known != null && last != null && now.isBefore(last.plus(pace))) {
      return known;
    }
    ProgramsView next = ask(wanted, owner, secrets);
    if (!next.equals(known)) {
      log(owner, wanted, next);
    }
    checked = now;
    name = wanted;
    view = next;
    return next;
  }

  private static ProgramsView ask(
      String name, Owner owner, Function<String, @Nullable Secret> secrets) {
    try {
      return view(name, owner, secrets.apply(name));
    } catch (KubernetesClientException e) {
      return new ProgramsView.Unread("Secret " + name + ": " + e.getMessage());
    }
  }

  private static ProgramsView view(String name, Owner owner, @Nullable Secret secret) {
    if (secret == null) {
      return unusable(
          "SecretNotFound",
          FIELD
              + ": there is no Secret "
              + name
              + " in namespace "
              + owner.namespace()
              + ", so that no program has a credential of its own; create it with an entry "
              + ProgramGrants.FILE
              + ", or leave the field out. Agents measure as ever");
    }
    Map<String, String> entries = Objects.requireNonNullElse(secret.getData(), Map.of());
    String encoded = entries.get(ProgramGrants.FILE);
    if (encoded == null) {
      return unusable(
          "SecretKeyNotFound",
          FIELD
              + ": Secret "
              + name
              + " has no entry "
              + ProgramGrants.FILE
              + ", so that no program has a credential of its own; add the entry. Agents measure as"
              + " ever");
    }
    try {
      byte[] document = Base64.getDecoder().decode(encoded);
      ProgramGrants grants =
          ProgramGrants.parse("Secret " + name + ", entry " + ProgramGrants.FILE + ",", document);
      return new ProgramsView.Usable(grants.grants().size());
    } catch (IOException | IllegalArgumentException e) {
      return unusable(
          "InvalidPrograms",
          e.getMessage()
              + "; mend the entry. Agents go by the last good one, and one that starts has none of"
              + " these credentials; they measure as ever");
    }
  }

  private static ProgramsView unusable(String reason, String message) {
    return new ProgramsView.Unusable(new Obstacle(reason, message));
  }

  private static void log(Owner owner, String name, ProgramsView next) {
    switch (next) {
      case ProgramsView.Usable usable ->
          LOG.info(
              "credentials of programs read mesh={}/{} secret={} programs={}",
              owner.namespace(),
              owner.name(),
              name,
              usable.programs());
      case ProgramsView.Unusable unusable ->
          LOG.warn(
              "credentials of programs not usable mesh={}/{} secret={} error=\"{}\"",
              owner.namespace(),
              owner.name(),
              name,
              unusable.problem().message());
      case ProgramsView.Unread unread ->
          LOG.warn(
              "credentials of programs not read mesh={}/{} error=\"{}\"",
              owner.namespace(),
              owner.name(),
              unread.message());
    }
  }
}
