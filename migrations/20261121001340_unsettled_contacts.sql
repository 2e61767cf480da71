-- Whose an address is may be remembered by whoever stores messages, as long as nothing about it changes. `unsettled` is a
-- contact that gave an address up, or one of whose addresses turned out to have been somebody else's: of them nothing is
-- remembered, and what was is wrong. The row is locked by whoever sets it, and read again by whoever goes by what it
-- remembers, so that neither overlooks the other. Who reads it: message-persistence.
alter table contacts add column unsettled boolean not null default false;

create function unsettle_former_holders() returns trigger
    language plpgsql as $$
begin
    update contacts c set unsettled = true
    from (select distinct contact_id from gone) held
    where c.id = held.contact_id and not c.unsettled;
    return null;
end
$$;
create trigger identities_given_up after delete on identities
    referencing old table as gone
    for each statement execute function unsettle_former_holders();
create trigger identities_passed_on after update on identities
    referencing old table as gone
    for each statement execute function unsettle_former_holders();

create function unsettle_present_holders() returns trigger
    language plpgsql as $$
begin
    update contacts c set unsettled = true
    from (
        select distinct i.contact_id from had join identities i using (merchant_id, kind, value, scope)
    ) held
    where c.id = held.contact_id and not c.unsettled;
    return null;
end
$$;
create trigger former_addresses_told after insert on former_addresses
    referencing new table as had
    for each statement execute function unsettle_present_holders();
