"""The words of the Core Business Vocabulary 2.0, and their three spellings.

A word may be written short (`shipping`), as a URN (`urn:epcglobal:cbv:bizstep:shipping`) or as a web URI
(`https://ref.gs1.org/cbv/BizStep-shipping`). The web URI is the canonical one (CBV 2.0, section 8.9). A
partner's own word is a URI of its own and stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CBV = "https://ref.gs1.org/cbv/"
GS1 = "https://gs1.org/voc/"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of words. `web` is put before a short word; `urn` is the older prefix, "" when there never was
    one.
    """

    name: str
    web: str
    urn: str
    words: frozenset[str]

    def expand(self, value: str) -> str:
        """The web URI of one of our words in any spelling; anything else unchanged."""
        if value in self.words:
            return self.web + value
        if self.urn and value.startswith(self.urn):
            return self.web + value[len(self.urn) :]
        return value

    def fault(self, value: str) -> str | None:
        """Why `value` is neither a word of this list nor a partner's own URI; None when it is fine."""
        for prefix in (self.web, self.urn):
            if prefix and value.startswith(prefix):
                return (
                    None
                    if value[len(prefix) :] in self.words
                    else f"the standard has no {self.name} of that name"
                )
        if value in self.words:
            return None
        if ":" not in value:
            return f"neither a standard {self.name} nor a URI"
        return None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEP = Vocabulary(
    "business step",
    CBV + "BizStep-",
    "urn:epcglobal:cbv:bizstep:",
    _words(
        "accepting arriving assembling collecting commissioning consigning creating_class_instance"
        " cycle_counting decommissioning departing destroying disassembling dispensing encoding"
        " entering_exiting holding inspecting installing killing loading other packing picking receiving"
        " removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting"
        " shipping staging_outbound stock_taking stocking storing transporting unloading unpacking"
        " void_shipping"
    ),
)

DISPOSITION = Vocabulary(
    "disposition",
    CBV + "Disp-",
    "urn:epcglobal:cbv:disp:",
    _words(
        "active available completeness_inferred completeness_verified conformant container_closed"
        " container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit"
        " inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match"
        " non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned"
        " sellable_accessible sellable_not_accessible stolen unavailable unknown"
    ),
)

TRANSACTION_TYPE = Vocabulary(
    "business transaction type",
    CBV + "BTT-",
    "urn:epcglobal:cbv:btt:",
    _words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
)

PARTY_TYPE = Vocabulary(
    "source or destination type",
    CBV + "SDT-",
    "urn:epcglobal:cbv:sdt:",
    _words("owning_party possessing_party location"),
)

ERROR_REASON = Vocabulary(
    "error reason", CBV + "ER-", "urn:epcglobal:cbv:er:", _words("did_not_occur incorrect_data")
)

COMPONENT = Vocabulary(
    "component",
    CBV + "Comp-",
    "",
    _words(
        "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing"
        " latitude longitude altitude"
    ),
)

MEASUREMENT = Vocabulary(
    "measurement type",
    GS1,
    "",
    _words(
        "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance"
        " AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area"
        " Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate"
        " DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength"
        " Energy Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length"
        " LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity"
        " MagneticVectorPotential Mass MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity"
        " MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux RadiantIntensity"
        " Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed"
        " SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction"
        " VolumetricFlux Wavenumber"
    ),
)

ALERT = Vocabulary("sensor exception", GS1, "", _words("ALARM_CONDITION ERROR_CONDITION"))

#: Prefixes that the standard EPCIS JSON-LD context declares.
STANDARD_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "epcis": "https://ref.gs1.org/epcis/",
        "cbv": CBV,
        "cbvmda": "urn:epcglobal:cbv:mda:",
        "gs1": GS1,
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "dcterms": "http://purl.org/dc/terms/",
    }
)

#: The vocabulary of each member that takes one, by (its holder, its own name); "" is the event itself.
FIELDS: Mapping[tuple[str, str], Vocabulary] = MappingProxyType(
    {
        ("", "bizStep"): BIZ_STEP,
        ("", "disposition"): DISPOSITION,
        ("persistentDisposition", "set"): DISPOSITION,
        ("persistentDisposition", "unset"): DISPOSITION,
        ("bizTransactionList", "type"): TRANSACTION_TYPE,
        ("sourceList", "type"): PARTY_TYPE,
        ("destinationList", "type"): PARTY_TYPE,
        ("sensorReport", "type"): MEASUREMENT,
        ("sensorReport", "exception"): ALERT,
        ("sensorReport", "component"): COMPONENT,
        ("errorDeclaration", "reason"): ERROR_REASON,
    }
)
