package puzzle.engine.profile.hopper;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.InvalidInputException;

/** Hardware that can be planned for without having it. */
public final class HardwareProfiles {

  private static final Map<String, Hardware> KNOWN =
      new TreeMap<>(
          Map.of(Hardware.H100.name(), Hardware.H100, Hardware.H200.name(), Hardware.H200));

  private static final Map<String, HardwareProfile> LOADED = new ConcurrentHashMap<>();

  private HardwareProfiles() {}

  /**
   * The profile a target's {@code hardware} names.
   *
   * @throws InvalidInputException for an unknown name, with the known ones
   */
  public static HardwareProfile named(String name) {
    return LOADED.computeIfAbsent(hardware(name).name(), n -> HopperProfile.shipped(KNOWN.get(n)));
  }

  /** The datasheet a name stands for; {@code H100} and {@code h100_sxm} are {@code h100}. */
  public static Hardware hardware(String name) {
    String key = name == null ? "" : name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]?sxm5?$", "");
    Hardware hardware = KNOWN.get(key);
    if (hardware == null) {
      throw new InvalidInputException(
          "unknown hardware '%s'; known are %s.%nMaybe 'local', which is measured on the devices of the run."
              .formatted(name, String.join(", ", KNOWN.keySet())));
    }
    return hardware;
  }
}
