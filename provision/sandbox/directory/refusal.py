r"""The results of Active Directory, with the texts that clients look at.

The first eight hex digits of a text are the Win32 error that tells equal result codes apart; like AD's, a text ends in
NUL. The DSID differs between versions of Windows and means nothing to a client.
Sources: MS-ERREF 2.2 for the numbers, MS-ADTS 3.1.1.3 and 3.1.1.5 for the code of each case.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """An LDAPResult (RFC 4511, section 4.1.9)."""

    code: int = 0
    text: str = ""
    matched: str = ""
    referrals: tuple[str, ...] = ()


class Refused(Exception):
    """A request that is answered with anything but success."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.text)
        self.result = result


def _comment(code: int, win32: str, comment: str) -> Refused:
    return Refused(Result(code, f"{win32}: LdapErr: DSID-0C090000, comment: {comment}, data 0, v4f7c\0"))


def _service(code: int, win32: str, problem: str) -> Refused:
    return Refused(Result(code, f"{win32}: SvcErr: DSID-03150000, problem {problem}, data 0\n\0"))


def bad_credentials(reason: str) -> Refused:
    """49; `reason` is `52e` for a wrong name or password, `533` for a disabled account."""
    comment = f"AcceptSecurityContext error, data {reason}, v4f7c"
    return Refused(Result(49, f"80090308: LdapErr: DSID-0C090000, comment: {comment}\0"))


def tls_required() -> Refused:
    """8 strongerAuthRequired: a simple bind without TLS where signing is required."""
    comment = "The server requires binds to turn on integrity checking if SSL\\TLS are not already active"
    return _comment(8, "00002028", f"{comment} on the connection")


def bind_method_unknown() -> Refused:
    """7 authMethodNotSupported: SASL, which only Samba has here."""
    return _comment(7, "00002027", "Invalid Authentication method (the sandbox's directory has simple bind only)")


def bind_first() -> Refused:
    """1 operationsError: anything but rootDSE without a bind."""
    comment = "In order to perform this operation a successful bind must be completed on the connection."
    return _comment(1, "000004DC", comment)


def no_object(best_match: str) -> Refused:
    """32 noSuchObject; `best_match` is the nearest name that exists, or empty."""
    text = f"0000208D: NameErr: DSID-03100000, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{best_match}'\n\0"
    return Refused(Result(32, text, best_match))


def no_such_value(name: str) -> Refused:
    """32 noSuchObject for a value that names nothing: ERROR_NO_SUCH_USER."""
    text = f"00000525: NameErr: DSID-03100000, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'{name}'\n\0"
    return Refused(Result(32, text))


def bad_name(name: str) -> Refused:
    """34 invalidDNSyntax."""
    text = f"0000208F: NameErr: DSID-03100000, problem 2006 (BAD_NAME), data 8350, best match of:\n\t'{name}'\n\0"
    return Refused(Result(34, text))


def elsewhere(domain: str, name: str) -> Refused:
    """10 referral: a name outside of this domain."""
    text = f"0000202B: RefErr: DSID-03100000, data 0, 1 access points\n\tref 1: '{domain}'\n\0"
    return Refused(Result(10, text, "", (f"ldap://{domain}/{name}",)))


def already_member() -> Refused:
    """68 entryAlreadyExists: ERROR_MEMBER_IN_ALIAS and its kin."""
    return Refused(Result(68, "00000562: UpdErr: DSID-031A0000, problem 6005 (ENTRY_EXISTS), data 0\n\0"))


def not_a_member() -> Refused:
    """53 unwillingToPerform: ERROR_MEMBER_NOT_IN_ALIAS and its kin."""
    return _service(53, "00000561", "5003 (WILL_NOT_PERFORM)")


def no_such_link() -> Refused:
    """53 for the removal of a name that nobody has."""
    return _service(53, "00002035", "5003 (WILL_NOT_PERFORM)")


def named_twice() -> Refused:
    """20 attributeOrValueExists: one value twice in one request."""
    part = "00002083: DSID-031A0000, problem 1006 (ATT_OR_VALUE_EXISTS), data 0, Att 1f (member)"
    return Refused(Result(20, f"00002083: AtrErr: DSID-031A0000, #1:\n\t0: {part}\n\0"))


def unknown_sid() -> Refused:
    """53 for a SID of this domain that nobody has."""
    return _service(53, "00002141", "5003 (WILL_NOT_PERFORM)")


def foreign_member() -> Refused:
    """53: ERROR_DS_GLOBAL_CANT_HAVE_CROSSDOMAIN_MEMBER (MS-SAMR 3.1.1.8.9)."""
    return _service(53, "00002147", "5003 (WILL_NOT_PERFORM)")


def wrong_scope(win32: str) -> Refused:
    """53: a group that this group's scope cannot hold (MS-SAMR 3.1.1.8.9)."""
    return _service(53, win32, "5003 (WILL_NOT_PERFORM)")


def no_rights() -> Refused:
    """50 insufficientAccessRights."""
    return Refused(Result(50, "00002098: SecErr: DSID-03150000, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0\n\0"))


def no_such_attribute(attribute: str) -> Refused:
    """16 noSuchAttribute: the schema has no such attribute."""
    return _comment(16, "00000057", f"Error in attribute conversion operation ({attribute})")


def nothing_to_delete() -> Refused:
    """16 noSuchAttribute: all values are to go where there are none."""
    part = "00002085: DSID-031A0000, problem 1001 (NO_ATTRIBUTE_OR_VAL), data 0, Att 1f (member)"
    return Refused(Result(16, f"00002085: AtrErr: DSID-031A0000, #1:\n\t0: {part}\n\0"))


def constructed_in_filter(attribute: str) -> Refused:
    """18 inappropriateMatching (MS-ADTS 3.1.1.3.1.3.1)."""
    return _comment(18, "00002027", f"The attribute {attribute} is constructed and cannot be in a filter")


def past_the_end() -> Refused:
    """1 operationsError: a range that begins behind the last value (MS-ADTS 3.1.1.3.4.1.22)."""
    return _service(1, "00002121", "5012 (DIR_ERROR)")


def unknown_critical_control(oid: str) -> Refused:
    """12 unavailableCriticalExtension."""
    return _service(12, "00002040", f"5010 (UNAVAIL_EXTENSION) (control {oid})")


def bad_control(oid: str) -> Refused:
    """2 protocolError: a control whose value is none of its own."""
    return _comment(2, "00000057", f"Error processing control {oid}")


def unknown_extended(oid: str) -> Refused:
    """2 protocolError."""
    return _comment(2, "0000203D", f"Unknown extended request OID ({oid})")


def not_emulated(what: str) -> Refused:
    """53 for what a domain controller can do and this one cannot."""
    return _comment(53, "00002035", f"the sandbox's directory has no {what}")


def too_many() -> Result:
    """4 sizeLimitExceeded, after as many entries as the limit allows."""
    return Result(4, "00000004: LdapErr: DSID-03100000, comment: size limit exceeded\0")
