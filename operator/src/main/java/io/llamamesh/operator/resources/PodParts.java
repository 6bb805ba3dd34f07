package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.auth.ProgramGrants;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.keys.KeyService;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts that the pods of agents and scraper have in common. */
final class PodParts {
  private static final String AUTH = "auth";
  private static final String AUTH_FOLDER = "/etc/llama-mesh/auth";

  /** A volume's kind cannot be changed by apply under the same name. */
  private static final String AUTH_WITH_PROGRAMS = "auth-with-programs";

  /** The end of a container's log says why it ended, and conditions quote it. */
  static final String TERMINATION_MESSAGE_POLICY = "FallbackToLogsOnError";

  private static final long NOBODY = 65_532;

  /** Life of a pod's token; its kubelet renews it after four fifths. */
  private static final long TOKEN_SECONDS = 3600;

  private PodParts() {}

  /** Secrets with the credentials of the registry that the images come from. */
  static List<LocalObjectReference> pullSecrets(MeshSettings mesh) {
    return mesh.imagePullSecrets().stream().map(LocalObjectReference::new).toList();
  }

  static EnvVar literal(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  /** A variable from the downward API. */
  static EnvVar field(String name, String path) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewFieldRef("v1", path)
        .endValueFrom()
        .build();
  }

  static PodSecurityContext podSecurity(PodUser user) {
    @Nullable Long id = user == PodUser.FIXED ? NOBODY : null;
    return new PodSecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withRunAsUser(id)
        .withRunAsGroup(id)
        .withFsGroup(id)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }

  static SecurityContext containerSecurity() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withRunAsNonRoot(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }

  /**
   * Whether a program is up yet. Until then its silence is no reason to kill it: on a node that is
   * starved a JVM may take minutes to start.
   */
  static Probe startup(String port) {
    return http("/healthz", port, 1, 180);
  }

  static Probe http(String path, String port, int periodSeconds, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withNewPort(port)
        .endHttpGet()
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(5)
        .withFailureThreshold(failures)
        .build();
  }

  static Volume emptyDir(String name, String sizeLimit) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withNewSizeLimit(sizeLimit)
        .endEmptyDir()
        .build();
  }

  static Volume secret(String volume, String secret) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewSecret()
        .withSecretName(secret)
        .endSecret()
        .build();
  }

  /**
   * The mesh's own Secret, whole, so that a rotation reaches the mount. By the fsGroup it is read
   * by group only; a platform that gives users may give no fsGroup.
   */
  private static Volume auth(Owner owner, PodUser user) {
    return new VolumeBuilder()
        .withName(AUTH)
        .withNewSecret()
        .withSecretName(Names.authSecret(owner.name()))
        .withDefaultMode(user == PodUser.FIXED ? 0440 : 0444)
        .endSecret()
        .build();
  }

  /** Keys and tokens: the mesh's own, or these and what is needed to ask for keys of nodes. */
  static Volume auth(Owner owner, PodUser user, boolean keysOfNodes) {
    return keysOfNodes
        ? projected(Names.KEYS_VOLUME, user, keySources(owner, true))
        : auth(owner, user);
  }

  /** The same of agents, who have the credentials of programs too where a mesh names them. */
  static Volume agentAuth(Owner owner, PodUser user, MeshSettings mesh) {
    boolean keysOfNodes = mesh.keys().ofNodes();
    String programs = mesh.fabric().programsSecret();
    if (programs == null) {
      return auth(owner, user, keysOfNodes);
    }
    List<VolumeProjection> sources = keySources(owner, keysOfNodes);
    sources.add(programs(programs));
    return projected(agentAuthName(mesh), user, sources);
  }

  private static String agentAuthName(MeshSettings mesh) {
    if (mesh.keys().ofNodes()) {
      return Names.KEYS_VOLUME;
    }
    return mesh.fabric().programsSecret() == null ? AUTH : AUTH_WITH_PROGRAMS;
  }

  private static Volume projected(String name, PodUser user, List<VolumeProjection> sources) {
    return new VolumeBuilder()
        .withName(name)
        .withNewProjected()
        .withDefaultMode(user == PodUser.FIXED ? 0440 : 0444)
        .withSources(sources)
        .endProjected()
        .build();
  }

  /**
   * The mesh's own Secret; with keys of nodes also the pod's token for the operator, and where to
   * show it. That last may be missing: an agent must start whatever has become of it.
   */
  private static List<VolumeProjection> keySources(Owner owner, boolean ofNodes) {
    List<VolumeProjection> sources = new ArrayList<>();
    sources.add(
        new VolumeProjectionBuilder()
            .withNewSecret()
            .withName(Names.authSecret(owner.name()))
            .addNewItem(KeyRing.KEYS_FILE, null, KeyRing.KEYS_FILE)
            .addNewItem(KeyRing.TOKENS_FILE, null, KeyRing.TOKENS_FILE)
            .endSecret()
            .build());
    if (ofNodes) {
      sources.add(
          new VolumeProjectionBuilder()
              .withNewServiceAccountToken(
                  KeyService.audience(owner.uid()), TOKEN_SECONDS, KeyService.TOKEN_FILE)
              .build());
      sources.add(
          new VolumeProjectionBuilder()
              .withNewConfigMap()
              .withName(Names.keysConfigMap(owner.name()))
              .withOptional(true)
              .addNewItem(Names.KEY_SERVICE_KEY, null, KeyService.FILE)
              .endConfigMap()
              .build());
    }
    return sources;
  }

  /**
   * Credentials of programs: one entry of a Secret of the user's, and no other of it. Secret and
   * entry may be missing: an agent must start and measure without them.
   */
  private static VolumeProjection programs(String secret) {
    return new VolumeProjectionBuilder()
        .withNewSecret()
        .withName(secret)
        .withOptional(true)
        .addNewItem(ProgramGrants.FILE, null, ProgramGrants.FILE)
        .endSecret()
        .build();
  }

  static VolumeMount authMount(boolean keysOfNodes) {
    return mount(keysOfNodes ? Names.KEYS_VOLUME : AUTH, AUTH_FOLDER, true);
  }

  /** Mount of {@link #agentAuth}, at the same place. */
  static VolumeMount agentAuthMount(MeshSettings mesh) {
    return mount(agentAuthName(mesh), AUTH_FOLDER, true);
  }

  /** Argument with the folder of {@link #auth}. */
  static String authArgument() {
    return "--auth-dir=" + AUTH_FOLDER;
  }

  static VolumeMount mount(String volume, String path, boolean readOnly) {
    return new VolumeMountBuilder()
        .withName(volume)
        .withMountPath(path)
        // False is the server's zero value and would never come back.
        .withReadOnly(readOnly ? true : null)
        .build();
  }
}
